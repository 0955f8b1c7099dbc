/** Lookups at Bluesky for readers. Always completes: what failed is looked up again when it is next read. */
import { type Lookup, namesIn } from '../queues/index.ts';
import type { Processor } from './ports.ts';
import { tally } from './tally.ts';

export const enrich: Processor<Lookup> = async (lookup, { stalls }, { lookups }) => {
  if (stalls > 0) return { given_up: namesIn(lookup).length };
  return tally(await lookups.look(lookup));
};
