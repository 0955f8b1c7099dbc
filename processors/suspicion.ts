import type { Run } from './ports.ts';

/** Random crashes end a job's worker once or twice; a match that did it this often may be what ends it. */
const STALLS_BEFORE_SUSPICION = 5;

/** Nothing sets a job's count of stalls back, so each try that ended, a person's retry among them, allows as many again. */
export const isSuspect = ({ stalls, attemptsMade }: Run): boolean =>
  stalls >= STALLS_BEFORE_SUSPICION * (attemptsMade + 1);

export const suspicion = ({ stalls }: Run): string =>
  `its worker ended ${stalls} times while it handled this match`;
