/** Requests of the reader page. Streams are read with fetch: an EventSource does not report why it was refused, or that it is dead. */

const ANSWER_WITHIN_MS = 20_000;
/** The first event comes at once, unless something on the way buffers the stream. */
const FIRST_EVENT_WITHIN_MS = 10_000;
/** The server sends a heartbeat every 15 s. */
const SILENCE_MS = 40_000;

/** No answer, or an error. `status` is undefined without an answer; `waitMs` comes from Retry-After. */
export class RequestError extends Error {
  constructor(message, { status, waitMs = 0 } = {}) {
    super(message);
    Object.assign(this, { status, waitMs });
  }

  get isEndOfAccess() {
    return this.status === 401 || this.status === 403;
  }
}

const notAnswered = () => new RequestError('The server does not answer.');
const notOurs = () => new RequestError('Unexpected answer: it is not from the inbox.');

/** The answer's JSON. Throws RequestError. */
export async function request(url, { method = 'GET', body, signal } = {}) {
  const headers = body ? { 'content-type': 'application/json' } : {};
  return within(ANSWER_WITHIN_MS, signal, async (line) => {
    const answer = await send(url, {
      method,
      headers,
      body: body && JSON.stringify(body),
      signal: line.signal,
    });
    if (answer.status === 204) return undefined;
    return answer.json().catch(() => {
      throw line.signal.aborted ? notAnswered() : notOurs();
    });
  });
}

/**
 * Resolves when the server ends the stream: `opened` once, then `event` with {id, event, data} of each. Throws RequestError, and
 * what these two throw.
 */
export async function readEvents(url, signal, { opened, event }) {
  return within(FIRST_EVENT_WITHIN_MS, signal, async (line) => {
    const answer = await send(url, { headers: { accept: 'text/event-stream' }, signal: line.signal });
    if (!answer.headers.get('content-type')?.startsWith('text/event-stream')) throw notOurs();
    opened();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (;;) {
      const { value, done } = await reader.read().catch(() => {
        throw notAnswered();
      });
      if (done) return;
      line.extend(SILENCE_MS);
      const blocks = (text + value).split('\n\n');
      text = blocks.pop();
      for (const block of blocks) {
        const parsed = eventOf(block);
        if (parsed.data !== undefined) event(parsed);
      }
    }
  });
}

function eventOf(block) {
  const event = {};
  for (const line of block.split('\n')) {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name) event[name] = name === 'data' && event.data !== undefined ? `${event.data}\n${value}` : value;
  }
  return event;
}

async function send(url, init) {
  const answer = await fetch(url, { cache: 'no-store', ...init }).catch(() => {
    throw notAnswered();
  });
  if (answer.ok) return answer;
  const { detail } = await answer.json().catch(() => ({}));
  throw new RequestError(detail ?? `The server answered ${answer.status}.`, {
    status: answer.status,
    waitMs: 1_000 * (Number(answer.headers.get('retry-after')) || 0),
  });
}

/** Aborts `work` after this time, unless it extends it, and when `signal` is aborted. */
async function within(ms, signal, work) {
  const line = new AbortController();
  const cut = () => line.abort();
  let timer = setTimeout(cut, ms);
  signal?.addEventListener('abort', cut);
  if (signal?.aborted) cut();
  try {
    return await work({
      signal: line.signal,
      extend(longer) {
        clearTimeout(timer);
        timer = setTimeout(cut, longer);
      },
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cut);
    // Where `work` threw, the connection is still open.
    cut();
  }
}
