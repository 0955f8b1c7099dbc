/**
 * A value larger than Redis accepts (`proto-max-bulk-len`, the limit of a managed service) looks like an outage: the connection
 * breaks. To tell them apart, it is tried again while small commands are answered.
 */
import { brokeConnection } from './errors.ts';

const TRIES = 3;
/** No Redis refuses less: its own limit is at least 1 MB. So a connection that keeps breaking parks no small entry. */
export const LEAST_REFUSED_BYTES = 100_000;

export interface Attempt<Result> {
  /** Size of the largest value. */
  bytes: number;
  /** Idempotent. */
  write: () => Promise<Result>;
  /** A small command to the same node. */
  probe: () => Promise<unknown>;
}

/** undefined: Redis refuses the value. Throws in an outage. */
export async function attempt<Result>({
  bytes,
  write,
  probe,
}: Attempt<Result>): Promise<{ result: Result } | undefined> {
  for (let tries = 1; ; tries += 1) {
    try {
      return { result: await write() };
    } catch (error) {
      if (bytes < LEAST_REFUSED_BYTES || !brokeConnection(error)) throw error;
      await probe();
      if (tries === TRIES) return undefined;
    }
  }
}
