/** A quoted or answered post as it is stored: only what is shown. */
import type { View } from '../known/entries.ts';
import type { PostView } from '../wire.ts';

const MOST_TEXT = 3_000;
const MOST_EMBED = 6_000;

export function viewOf({ author, record, labels }: PostView, at: number): View {
  const { text, embed, createdAt } = record as { text?: unknown; embed?: unknown; createdAt?: unknown };
  const createdMs = typeof createdAt === 'string' ? Date.parse(createdAt) : Number.NaN;
  const shownLabels = labels.slice(0, 20).map(({ val, src }) => ({ val, src }));
  return {
    at,
    state: 'ok',
    did: author.did,
    record: {
      text: typeof text === 'string' ? text.slice(0, MOST_TEXT).toWellFormed() : '',
      ...(embed !== undefined && JSON.stringify(embed).length <= MOST_EMBED && { embed }),
    },
    ...(Number.isFinite(createdMs) && { createdMs: Math.min(createdMs, at) }),
    ...(shownLabels.length && { labels: shownLabels }),
  };
}
