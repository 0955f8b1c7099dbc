/** What the reader changes at the server. Changes are sent one after another, so that two quick key presses cannot overtake each other. */
import { request } from './requests.js';

/** `tell(text)` gets what went wrong, '' once something went well. */
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
