import type { Run } from './ports.ts';

/** Random crashes hit the same job once or twice; after this many, its match is probably the cause. */
const STALLS_BEFORE_SUSPICION = 5;
/** For a suspect that an operator retries: each crash costs a worker, and the operator can retry again. */
const STALLS_OF_A_SUSPECT = 2;

/** `wasSuspect`: its match was parked for that before. */
export function isSuspect({ stalls, stallsBefore }: Run, wasSuspect = false): boolean {
  const isKnown = wasSuspect || stallsBefore >= STALLS_BEFORE_SUSPICION;
  return stalls >= (isKnown ? STALLS_OF_A_SUSPECT : STALLS_BEFORE_SUSPICION);
}

export const suspicion = ({ stalls, stallsBefore }: Run): string =>
  `its worker crashed ${stalls + stallsBefore} times while handling this match`;
