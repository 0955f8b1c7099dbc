/** The reserved subscription of our own test match; its inbox has the same name. */
export const CANARY = 'skywire-inbox:canary';

/** A match as Skywire sends it, of a moment (ms), for one stream. */
export function canaryMatch(stream: string, ms: number): string {
  const post = {
    uri: `at://skywire-inbox/canary/${ms}-${encodeURIComponent(stream)}`,
    text: 'A test match of skywire-inbox itself: it shows that matches come through.',
    author: 'skywire-inbox',
    indexed_at: new Date(ms).toISOString(),
    raw_record: {},
  };
  return JSON.stringify({ subscription_id: CANARY, match_score: null, post });
}

/** Whether the text of an entry is one of ours. */
export const isCanary = (data: Buffer | string | undefined): boolean =>
  data !== undefined && data.toString().startsWith(`{"subscription_id":"${CANARY}"`);
