/** Every key that this product uses, in one place. docs/keys.md says what each holds; a test keeps the two the same. */

/** Longest name of a subscriber or a subscription, in bytes of UTF-8. */
export const MAX_NAME_BYTES = 512;

const plain = /^[A-Za-z0-9\-._~:@]*$/;

/**
 * A name as it stands between a key's braces: all but letters, digits and `-._~:@` percent-encoded, so that no name breaks out.
 * undefined where no key can be made of it: empty, longer than MAX_NAME_BYTES, or not Unicode (a lone surrogate).
 */
export function encodeName(name: string): string | undefined {
  if (name === '' || Buffer.byteLength(name) > MAX_NAME_BYTES || !name.isWellFormed()) return undefined;
  if (plain.test(name)) return name;
  return encodeURIComponent(name)
    .replaceAll('%3A', ':')
    .replaceAll('%40', '@')
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The name that encodeName made a key of. */
export const decodeName = (encoded: string): string => decodeURIComponent(encoded);

export interface InboxKeys {
  items: string;
  seen: string;
  state: string;
  merged: string;
  read: string;
  unread: string;
  starred: string;
  gone: string;
  feedTokens: string;
}

/** All keys of one inbox lie in one slot: one script changes them together. */
export function inboxKeys(encodedSubscriber: string): InboxKeys {
  const items = `inbox:{${encodedSubscriber}}`;
  return {
    items,
    seen: `${items}:seen`,
    state: `${items}:state`,
    merged: `${items}:merged`,
    read: `${items}:read`,
    unread: `${items}:unread`,
    starred: `${items}:starred`,
    gone: `${items}:gone`,
    feedTokens: `${items}:feed-tokens`,
  };
}

/** A post's body that is kept once for all inboxes. An identity has no character that needs encoding. */
export const postKey = (identity: string): string => `post:{${identity}}`;

/** Which inbox a feed token opens, by the SHA-256 of the token. */
export const feedTokenKey = (hash: string): string => `feed-token:{${hash}}`;

export const subscriptionKeys = (encodedSubscription: string) => ({
  about: `subscription:{${encodedSubscription}}`,
  subscribers: `subscription:{${encodedSubscription}}:subscribers`,
  since: `subscription:{${encodedSubscription}}:since`,
});

/** BullMQ's prefix: a queue's keys are `<prefix>:<queue>:…`, all in one slot. */
export const queuePrefix = (queue: string): string => `skywire-inbox:{${laneTags[queue] ?? queue}}`;

/** The queue of the nth partition of the stream, from 0. */
export const laneName = (nth: number): string => (nth === 0 ? 'matches' : `matches-${nth + 1}`);

/**
 * Hash tags by which the queues of the first sixteen partitions lie evenly over the slots of a Cluster, however many there are
 * (each 0.618 of the way around from the one before). Found by trying; a test computes their slots.
 */
const laneTags: Record<string, string> = Object.fromEntries(
  [20, 7, 160, 71, 48, 34, 72, 4, 8, 34, 21, 102, 102, 50, 13].map((suffix, at) => [
    laneName(at + 1),
    `${laneName(at + 1)}.${suffix}`,
  ]),
);

/** How far the group of a stream has come, for a group that must be made again. */
export const cursorKey = (stream: string, group: string): string => `skywire-inbox:cursor:${stream}:${group}`;
/** The running balance, in the slot of its queue. */
export const booksKeys = (queue: string) => ({
  books: `${queuePrefix(queue)}:books`,
  open: `${queuePrefix(queue)}:books:open`,
});
/** Entries of large batches, in the slot of their queue. */
export const payloadsKey = (queue: string): string => `${queuePrefix(queue)}:payloads`;
/** Whose turn it is to send our own test match. */
export const canaryTurnKey = 'skywire-inbox:canary-turn';
/** Entries that were trimmed before anybody read them. */
export const lossesKey = 'skywire-inbox:losses';
/** Which servers held the queues when the cursor was saved. */
export const cursorServersKey = (stream: string, group: string): string =>
  `${cursorKey(stream, group)}:servers`;

/** What persons did, newest last. */
export const operatorLogKey = 'skywire-inbox:operator-log';

/** A run of retries at a bounded rate: its state, what it retried and not yet knows the end of, and who drives it. */
export const retryRunKeys = {
  state: 'skywire-inbox:{retry-run}:state',
  inFlight: 'skywire-inbox:{retry-run}:in-flight',
  lease: 'skywire-inbox:{retry-run}:lease',
};
/** Samples for the overview's plots, and which process writes the next one. */
export const historyKeys = { samples: 'skywire-inbox:{history}', writer: 'skywire-inbox:{history}:writer' };
