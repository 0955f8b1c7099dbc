/** Work that ends when nobody waits for its answer any more. */
import type { Request } from 'express';
import { DeadlinePassed, within } from '../../redis/deadline.ts';

/** The client closed its connection. */
export class ClientGone extends Error {
  override name = 'ClientGone';
}

/**
 * Rejects with DeadlinePassed after `ms`. `signal` is aborted then, and when the client of a GET disconnects; a requested
 * write continues without the client, until the deadline.
 */
export async function whileWaitedFor<T>(
  { method, res }: Pick<Request, 'method' | 'res'>,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  if (method === 'GET' || method === 'HEAD')
    res?.once('close', () => over.abort(new ClientGone('the client is gone')));
  try {
    return await within(ms, work(over.signal));
  } finally {
    over.abort(new DeadlinePassed(`no answer within ${ms} ms`));
  }
}
