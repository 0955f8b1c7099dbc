/** Finds the streams whose feed token was revoked, by any process: each token is looked up again. */
import type { FeedTokens } from '../../../inbox/feed-tokens.ts';

interface OpenedByToken {
  inbox: string;
  /** undefined: opened otherwise, and never revoked here. */
  feedToken: string | undefined;
}

/** One GET per token; this many at once, so that thousands of lookups delay nobody. */
const AT_ONCE = 100;

export function createRevocations(feedTokens: FeedTokens): {
  /** Never throws: while Redis is unavailable nothing counts as revoked, and the next check finds it. Empty while a check is in progress. */
  among<Stream extends OpenedByToken>(streams: Iterable<Stream>): Promise<ReadonlySet<Stream>>;
} {
  let isLooking = false;

  async function look<Stream extends OpenedByToken>(streams: readonly Stream[]): Promise<Set<Stream>> {
    const tokens = [...new Set(streams.flatMap(({ feedToken }) => feedToken ?? []))];
    const revoked = new Set<Stream>();
    for (let at = 0; at < tokens.length; at += AT_ONCE) {
      const some = tokens.slice(at, at + AT_ONCE);
      const inboxes = await Promise.all(some.map((token) => feedTokens.inboxOf(token)));
      const inboxOf = new Map(some.map((token, index) => [token, inboxes[index]]));
      for (const stream of streams) {
        const { feedToken, inbox } = stream;
        if (feedToken !== undefined && inboxOf.has(feedToken) && inboxOf.get(feedToken) !== inbox)
          revoked.add(stream);
      }
    }
    return revoked;
  }

  return {
    async among(streams) {
      if (isLooking) return new Set();
      isLooking = true;
      try {
        return await look([...streams]);
      } catch {
        return new Set();
      } finally {
        isLooking = false;
      }
    },
  };
}
