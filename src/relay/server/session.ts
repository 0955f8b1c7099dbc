/**
 * A subscribed pump: its requests are answered until the connection ends.
 * Invariant: acks only what the pump acked. Everything else stays pending in the group.
 */

import type { TokenBucket } from '../../../queues/index.ts';
import { type Look, LookDenied, type Seen } from '../../stream/look.ts';
import { toFrames } from '../entry-frames.ts';
import { closeCodes, MAX_ENTRIES, type Request, requestSchema, type Subscribe } from '../protocol.ts';
import type { Connection } from './connection.ts';
import type { Departed } from './departed.ts';
import type { RelayEvents } from './events.ts';
import { startPush } from './push.ts';
import { redisWord } from './redis-word.ts';
import type { Upstream } from './upstream.ts';

/** Lower bound for `claim`: a pump must not steal what another is working on. */
const LEAST_IDLE_MS = 10_000;
/** Unanswered requests. */
const MAX_OPEN = 64;

export interface SessionOptions {
  connection: Connection;
  upstream: Upstream;
  allowance: TokenBucket;
  departed: Departed;
  events: RelayEvents;
}

export interface Session {
  /** Handles a text frame after `subscribe`. */
  take(text: string): void;
  /** Resolves when the connection and all its work have ended. */
  ended: Promise<void>;
}

export function startSession({ connection, upstream, allowance, departed, events }: SessionOptions): Session {
  const { source, consumer } = upstream;
  const push = startPush({
    source,
    connection,
    allowance,
    onSent: events.sent,
    onTrouble(error) {
      events.trouble(`reading ${consumer.stream}`, error);
      void connection.send([JSON.stringify({ trouble: redisWord(error) })]);
    },
  });
  let open = 0;

  async function claim(minIdleMs: number) {
    let claimed = 0;
    const lost: string[] = [];
    for (const name of departed.gone(consumer.stream, consumer.group)) {
      // Do this first: other pumps need not try the same one, and it may reconnect meanwhile.
      departed.forget({ ...consumer, name });
      const taken = await upstream.take(name);
      if (taken.claimed) events.takenOver(taken.claimed, name, consumer.name);
      claimed += taken.claimed;
      lost.push(...taken.lost);
      await source.leave(name);
    }
    const old = await source.claim(Math.max(minIdleMs, LEAST_IDLE_MS));
    return { claimed: claimed + old.claimed, lost: [...lost, ...old.lost] };
  }

  async function answer(request: Exclude<Request, { do: 'credit' }>): Promise<object> {
    switch (request.do) {
      case 'halt':
        push.credit.clear();
        await push.inTurn(() => Promise.resolve());
        return {};
      case 'ack':
        await source.ack(request.ids);
        events.acked(request.ids.length);
        return {};
      case 'ensure-group':
        await source.ensureGroup(request.from);
        return {};
      case 'claim': {
        const found = await claim(request.minIdleMs);
        if (found.lost.length) events.lost(found.lost, consumer.stream);
        return found;
      }
      case 'pending':
        return push.inTurn(async () => {
          const { entries, lost, last } = await source.readPending(
            request.after,
            Math.min(request.count, MAX_ENTRIES),
          );
          await connection.send(toFrames(request.n, entries));
          return { lost, last };
        });
      case 'leave':
        if (request.consumer === undefined) push.credit.clear();
        await push.inTurn(() => source.leave(request.consumer));
        return {};
      case 'position':
        return { ...(await source.position(request.anchor)), ...(await look(request.look)) };
      case 'trim':
        return source.trim(request.floor, request.windowMs, []);
      case 'rewind':
        await source.rewind(request.to);
        return {};
      case 'idle-consumers':
        return { consumers: await source.idleConsumers(request.idleMs) };
    }
  }

  async function look(seen: Seen | undefined): Promise<{ look?: Look | undefined }> {
    if (!seen) return {};
    try {
      return { look: await source.look(seen) };
    } catch (error) {
      if (!(error instanceof LookDenied)) throw error;
      events.trouble(`looking for entries that are gone from ${consumer.stream} (+xinfo|stream)`, error);
      return {};
    }
  }

  async function reply(request: Exclude<Request, { do: 'credit' }>): Promise<void> {
    const { n } = request;
    open += 1;
    if (open > MAX_OPEN)
      return connection.close(closeCodes.tooMany, `more than ${MAX_OPEN} unanswered requests`);
    try {
      const ok = await answer(request);
      await connection.send([JSON.stringify({ n, ok })]);
    } catch (error) {
      if (connection.signal.aborted) return;
      events.trouble(`${request.do} for ${consumer.name}`, error as Error);
      await connection.send([JSON.stringify({ n, error: redisWord(error) })]);
    } finally {
      open -= 1;
    }
  }

  return {
    take(text) {
      const request = requestSchema.safeParse(parseJson(text));
      if (!request.success) return connection.close(closeCodes.badMessage, whatIsWrong(text));
      if (request.data.do === 'credit') push.credit.add(request.data.entries, request.data.bytes);
      else void reply(request.data);
    },
    ended: (async () => {
      await connection.ended;
      await push.ended;
      await upstream.end();
    })(),
  };
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Quotes nothing of the frame: it is untrusted. */
export function whatIsWrong(text: string): string {
  const parsed = parseJson(text);
  if (parsed === undefined) return 'a text frame that is not JSON';
  const known = requestSchema.options.map((option) => option.shape.do.value);
  const kind = known.find((name) => name === Object(parsed).do);
  return kind ? `malformed "${kind}" frame, see docs/relay.md` : 'a frame of unknown type';
}

export const consumerOf = (grantName: string, { stream, group, consumer }: Omit<Subscribe, 'n'>) => ({
  stream,
  group,
  // Prefixed with its token's name, so that no client can impersonate another.
  name: `relay/${grantName}/${consumer}`,
});
