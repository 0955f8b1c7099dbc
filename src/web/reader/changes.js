/** Changes that the reader makes at the server. They are sent one by one, so that two quick key presses cannot overtake each other. */
import { request } from './requests.js';

/** `tell(text)` gets the error, or '' after a success. */
export function createChanges(api, tell) {
  let last = Promise.resolve();

  async function ask(path, method, body) {
    try {
      const answer = await request(api + path, { method, body });
      tell('');
      return answer;
    } catch (error) {
      tell(error.message);
      throw error;
    }
  }

  return {
    ask,
    change(...asked) {
      const answer = last.then(() => ask(...asked));
      last = answer.catch(() => undefined);
      return answer;
    },
  };
}
