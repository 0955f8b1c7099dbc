import type { Run } from './ports.ts';

/** Random crashes hit the same job once or twice; after this many, its match is probably the cause. */
const STALLS_BEFORE_SUSPICION = 5;

/** BullMQ never resets a job's stall count, so each finished attempt, manual retries included, raises the limit. */
export const isSuspect = ({ stalls, attemptsMade }: Run): boolean =>
  stalls >= STALLS_BEFORE_SUSPICION * (attemptsMade + 1);

export const suspicion = ({ stalls }: Run): string =>
  `its worker crashed ${stalls} times while handling this match`;
