/**
 * A value that is larger than Redis takes (`proto-max-bulk-len`, the limit of a managed service) looks like an outage: the connection
 * breaks. It is told apart by trying again while small commands are answered.
 */
import { brokeConnection } from './errors.ts';

const TRIES = 3;
/** No Redis refuses less: its own limit is at least 1 MB. So a connection that keeps breaking sets no small entry aside. */
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
