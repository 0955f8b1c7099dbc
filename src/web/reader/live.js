/**
 * Follows an inbox: every item delivered after the page's cursor, once and in order, whatever happens to the connection.
 *
 * read from the cursor → stream, if this page may (speaker.js), else wait and read again → failed: again, with growing delays.
 * The page that streams passes what it receives to the other pages of its inbox. Each has its own cursor and relies only on that: what it is
 * sent counts only if it starts there. A hidden page gives up its stream and reads every minute.
 */
import { isAfter } from './ids.js';
import { RequestError, readEvents, request } from './requests.js';
import { createRest, waitOf } from './rest.js';
import { openChannel, takeTurns } from './speaker.js';

const READ_EVERY_MS = 5_000;
/** While another page passes items on. */
const TOLD_EVERY_MS = 20_000;
const HIDDEN_EVERY_MS = 60_000;
const SIGN_OF_LIFE_MS = 3_000;
const LIVE = '● live';

/**
 * `begin(signal)` reloads the inbox and returns the cursor from which to follow it; `take(items)` gets new items, oldest first;
 * `on[event](value)` gets every other event of the stream; `say(text)` the status.
 */
export function follow({ api, begin, take, on, say }) {
  const rest = createRest();
  const place = takeTurns(api, rest.wake);
  const send = openChannel(api, hear);
  const tell = (message) => send({ ...message, isLive: isStreaming });
  /** undefined: start from the beginning. */
  let cursor;
  let round = new AbortController();
  let isRunning = false;
  let failures = 0;
  /** Refusals of the stream while other requests succeed: how often in a row, why, and when to retry. */
  let refused = { times: 0, why: '', until: 0 };
  let isStreaming = false;
  let toldAt = -Infinity;
  const isTold = () => performance.now() - toldAt < 3 * SIGN_OF_LIFE_MS;

  /** Ends the current wait or request, and continues at once. */
  function interrupt() {
    round.abort();
    rest.wake();
  }

  function accept(items) {
    const fresh = items.filter(({ id }) => isAfter(id, cursor));
    if (fresh.length === 0) return;
    if (place.isSpeaker) tell({ after: cursor, items: fresh });
    cursor = fresh.at(-1).id;
    take(fresh);
  }

  async function readOn(signal) {
    for (;;) {
      const from = cursor;
      const page = await request(`${api}/items?after=${from}&limit=100`, { signal });
      if (signal.aborted) return;
      accept(page.items);
      if (page.gap && isAfter(page.gap.until, from)) on.gap(page.gap);
      if (page.next === null) return on.counts(page);
      if (isAfter(page.next, cursor)) cursor = page.next;
    }
  }

  async function stream(signal) {
    try {
      await readEvents(`${api}/live?after=${cursor}`, signal, {
        opened() {
          isStreaming = true;
          say(LIVE);
          tell({});
        },
        event({ id, event, data }) {
          if (signal.aborted) return;
          refused = { times: 0, why: '', until: 0 };
          const value = JSON.parse(data);
          if (id !== undefined) return accept([value]);
          on[event]?.(value);
          tell({ event, value });
        },
      });
    } finally {
      const wasStreaming = isStreaming;
      isStreaming = false;
      if (wasStreaming) tell({ isLost: true });
    }
  }

  async function tryStream(signal) {
    const error = await stream(signal).catch((error) => error);
    if (signal.aborted) return;
    if (error && (error.isEndOfAccess || !(error instanceof RequestError))) throw error;
    const times = refused.times + 1;
    refused = { times, why: error?.message ?? '', until: performance.now() + waitOf(error, times) };
    say('○ reconnecting');
  }

  /** Returns how long to wait before the next round. */
  async function once(signal) {
    if (cursor === undefined) {
      const begun = await begin(signal);
      if (signal.aborted) return 0;
      cursor = begun;
    }
    await readOn(signal);
    failures = 0;
    if (document.hidden) {
      say('◐ checking every minute while hidden');
      return HIDDEN_EVERY_MS;
    }
    if (place.mayStream && performance.now() >= refused.until) await tryStream(signal);
    else say(isTold() ? LIVE : `◐ checking every ${READ_EVERY_MS / 1_000} s. ${refused.why}`);
    if (isTold()) return TOLD_EVERY_MS;
    return place.mayStream ? Math.min(READ_EVERY_MS, refused.until - performance.now()) : READ_EVERY_MS;
  }

  async function run() {
    isRunning = true;
    for (;;) {
      round = new AbortController();
      const { signal } = round;
      rest.forget();
      const restMs = await once(signal).catch((error) => (signal.aborted ? 0 : failed(error)));
      if (restMs === undefined) break;
      await rest.wait(restMs);
    }
    isRunning = false;
  }

  /** undefined: for good. */
  function failed(error) {
    if (error.isEndOfAccess) {
      place.leave();
      say('○ stopped: access to this inbox has ended. Reload to log in, or open a new link.');
      return undefined;
    }
    if (!(error instanceof RequestError)) reportError(error);
    failures += 1;
    say(`○ not live: ${error.message} Trying again.`);
    return waitOf(error, failures);
  }

  function hear({ isAsked, isLive, isLost, after, items, event, value }) {
    if (isAsked) return isStreaming && tell({});
    toldAt = isLive ? performance.now() : -Infinity;
    if (!isRunning || cursor === undefined) return undefined;
    on[event]?.(value);
    if (items && after === cursor) accept(items);
    else if (items || isLost || failures > 0) return document.hidden || rest.wake();
    return isLive && failures === 0 && !document.hidden && say(LIVE);
  }

  function turnUp() {
    if (document.hidden) place.leave();
    else if (isRunning) place.claim();
    interrupt();
  }
  document.addEventListener('visibilitychange', turnUp);
  addEventListener('online', interrupt);
  setInterval(() => isStreaming && tell({}), SIGN_OF_LIFE_MS);
  tell({ isAsked: true });

  return {
    /** Begins anew. */
    restart() {
      cursor = undefined;
      failures = 0;
      interrupt();
      if (isRunning) return;
      void run();
      if (!document.hidden) place.claim();
    },
  };
}
