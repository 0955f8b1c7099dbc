/** Lookups at Bluesky of what readers lack. Always completes: what failed is asked for again when it is read again. */
import { type Lookup, namesIn } from '../queues/index.ts';
import type { Processor } from './ports.ts';
import { tally } from './tally.ts';

export const enrich: Processor<Lookup> = async (lookup, { stalls }, { lookups }) => {
  if (stalls > 0) return { given_up: namesIn(lookup).length };
  return tally(await lookups.look(lookup));
};
