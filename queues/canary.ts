/** The reserved subscription of the canary, our own test match; its inbox has the same name. */
export const CANARY = 'skywire-inbox:canary';

/** A test match in Skywire's format. */
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

export const isCanary = (data: Buffer | string | undefined): boolean =>
  data !== undefined && data.toString().startsWith(`{"subscription_id":"${CANARY}"`);
