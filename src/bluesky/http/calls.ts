/** A call to a server: rate-limited, checked against a schema, counted. Returns the answer, or that nothing is known; never throws. */
import { setTimeout as pause } from 'node:timers/promises';
import type { z } from 'zod';
import type { Pace, ServerKind } from '../pace/pace.ts';
import type { Failure, Get, Reply } from './get.ts';

/** `left-alone`: no call, because the server is paused or its queue is too long. `gone`: the name of an XRPC error, or a status. */
export type Outcome<Value> = { ok: Value } | { gone: string } | { failed: Failure | 'left-alone' };

export interface CallEvents {
  lookupCall(server: ServerKind, outcome: string): void;
  /** Calls stop for a while. `server` may be any server in the world, so it is not logged for `pds`. */
  serverLeftAlone(server: ServerKind, detail: string): void;
}

export interface Calls {
  /** `base`: scheme and host. Parameters with several values are repeated. */
  get<Value>(
    kind: ServerKind,
    base: string,
    path: string,
    query: Record<string, string | readonly string[]>,
    schema: z.ZodType<Value>,
    /** Longest wait for its turn. */
    patienceMs?: number,
  ): Promise<Outcome<Value>>;
}

export interface CallsDeps {
  get: Get;
  pace: Pace;
  events: CallEvents;
  /** Ends the wait for a turn, and the call. */
  signal?: AbortSignal | undefined;
}

export function createCalls({ get, pace, events, signal }: CallsDeps): Calls {
  async function turn(kind: ServerKind, host: string, patienceMs: number | undefined): Promise<boolean> {
    const waitMs = await pace.enter(kind, host, patienceMs);
    if (waitMs === undefined || signal?.aborted) return false;
    if (waitMs > 0) await pause(waitMs, undefined, { signal });
    return true;
  }

  /** What a reply means for the server's health: any answer, even with an error, is healthy. */
  async function report(kind: ServerKind, host: string, reply: Reply): Promise<void> {
    if (!('failed' in reply)) return pace.answered(kind, host);
    if (reply.failed === 'not-allowed' || signal?.aborted) return;
    // A 503 may also have a Retry-After.
    if (reply.failed === 'throttled' || reply.retryAfterMs)
      return pace.throttled(kind, host, reply.retryAfterMs);
    if (await pace.failed(kind, host)) events.serverLeftAlone(kind, `${reply.failed}: ${reply.detail}`);
  }

  return {
    async get(kind, base, path, query, schema, patienceMs) {
      if (!URL.canParse(path, base)) return { failed: 'not-allowed' };
      const url = new URL(path, base);
      for (const [name, value] of Object.entries(query))
        for (const one of [value].flat()) url.searchParams.append(name, one);
      try {
        if (!(await turn(kind, url.host, patienceMs))) return ended(kind, { failed: 'left-alone' });
        const reply = await get(url.href, signal);
        const outcome = outcomeOf(reply, schema);
        await report(kind, url.host, 'failed' in outcome && !('failed' in reply) ? garbage : reply);
        return ended(kind, outcome);
      } catch {
        // Redis is unavailable, or the process stops.
        return ended(kind, { failed: 'left-alone' });
      }
    },
  };

  function ended<Value>(kind: ServerKind, outcome: Outcome<Value>): Outcome<Value> {
    events.lookupCall(kind, 'ok' in outcome ? 'ok' : 'gone' in outcome ? 'gone' : outcome.failed);
    return outcome;
  }
}

const garbage: Reply = { failed: 'garbage', detail: 'not what the protocol says' };

function outcomeOf<Value>(reply: Reply, schema: z.ZodType<Value>): Outcome<Value> {
  if ('failed' in reply) return { failed: reply.failed };
  if (reply.status === 200) {
    const read = schema.safeParse(reply.json);
    return read.success ? { ok: read.data } : { failed: 'garbage' };
  }
  const { error } = (reply.json ?? {}) as { error?: unknown };
  if (typeof error === 'string' && (reply.status === 400 || reply.status === 404)) return { gone: error };
  if (reply.status === 404 || reply.status === 410) return { gone: String(reply.status) };
  // 401, 403 and the like say nothing about the subject of the call.
  return { failed: 'garbage' };
}
