/** Authenticates and admits clients. A client is connected → (valid token) a guest → (it subscribed) a pump → gone. */
import type { WebSocket } from 'ws';
import { createTokenBucket, type TokenBucket } from '../../../queues/index.ts';
import { type Pulse, pulse as usualPulse } from '../heartbeat.ts';
import { closeCodes, type Subscribe, subscribeSchema, VERSIONS, versionsSchema } from '../protocol.ts';
import { type Connection, createConnection } from './connection.ts';
import { createDeparted } from './departed.ts';
import type { RelayEvents } from './events.ts';
import { consumerOf, parseJson, type Session, startSession, whatIsWrong } from './session.ts';
import type { Grant, Tokens } from './tokens.ts';
import type { OpenUpstream } from './upstream.ts';

export interface DoorOptions {
  tokens: Tokens;
  streams: readonly string[];
  group: string;
  openUpstream: OpenUpstream;
  events: RelayEvents;
  pulse?: Pulse;
}

const SUBSCRIBE_WITHIN_MS = 10_000;
/** Closed with one of these, a client will not reconnect soon. */
const FINAL = new Set<number>([closeCodes.done, closeCodes.silent, closeCodes.badToken]);

interface Client {
  grant: Grant;
  connection: Connection;
  /** Set once it has subscribed. */
  pump?: { key: string; session: Session };
}

export function createDoor({
  tokens,
  streams,
  group,
  openUpstream,
  events,
  pulse = usualPulse,
}: DoorOptions) {
  const departed = createDeparted();
  const allowances = new Map<string, TokenBucket>();
  const clients = new Set<Client>();
  const living = () => [...clients].filter(({ connection }) => !connection.signal.aborted);
  const livingOf = ({ name }: Grant) => living().filter((client) => client.grant.name === name);

  /** Refuses with close codes, which reach a client through any proxy. */
  function welcome(socket: WebSocket, authorization: string | undefined): void {
    let take = (_text: string): void => undefined;
    const connection = createConnection(socket, { pulse, onText: (text) => take(text) });
    const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
    const grant = token === undefined ? undefined : tokens.find(Buffer.from(token, 'latin1'));
    if (!grant) {
      void connection.ended.then(({ code, reason }) => events.ended(undefined, code, reason));
      if (token === undefined)
        connection.close(closeCodes.noToken, 'token required: Authorization: Bearer <token>');
      else connection.close(closeCodes.badToken, 'unknown or revoked token');
      return;
    }
    const client: Client = { grant, connection };
    void connection.ended.then(async ({ code, reason }) => {
      await client.pump?.session.ended;
      clients.delete(client);
      events.ended(client.pump && `relay/${grant.name}`, code, reason);
    });
    const guests = livingOf(grant).filter(({ pump }) => !pump);
    clients.add(client);
    if (guests.length >= grant.connections) return refuseMore(client);
    const late = setTimeout(
      () => connection.close(closeCodes.silent, 'no "subscribe" frame in time'),
      SUBSCRIBE_WITHIN_MS,
    );
    connection.signal.addEventListener('abort', () => clearTimeout(late), { once: true });
    take = (text) => {
      clearTimeout(late);
      take = () => connection.close(closeCodes.badMessage, 'a frame before "subscribe" was answered');
      const wish = readWish(client, text);
      if (!wish) return;
      enter(client, wish).then(
        (session) => {
          if (session) take = (text) => session.take(text);
        },
        (error: Error) => {
          events.trouble('subscribe', error);
          connection.close(closeCodes.internal, 'the relay failed');
        },
      );
    };
  }

  /** The first frame, validated; undefined: refused. */
  function readWish(
    { grant, connection }: Client,
    text: string,
  ): (Subscribe & { version: number }) | undefined {
    const first = parseJson(text);
    const offered = versionsSchema.safeParse(first);
    const version = VERSIONS.findLast((known) => offered.data?.versions.includes(known));
    const wish = subscribeSchema.safeParse(first);
    if (!offered.success) {
      const wrong =
        first === undefined ? whatIsWrong(text) : 'the first frame must be "subscribe" with versions';
      connection.close(closeCodes.badMessage, wrong);
    } else if (version === undefined) {
      const speaks = `this relay speaks version ${VERSIONS.join(', ')} of the protocol`;
      connection.close(closeCodes.badVersion, speaks);
    } else if (!wish.success) {
      connection.close(closeCodes.badMessage, 'malformed "subscribe" frame, see docs/relay.md');
    } else if (!streams.includes(wish.data.stream) || wish.data.group !== (grant.group ?? group)) {
      connection.close(closeCodes.badToken, 'this token is not for that stream and group');
    } else {
      return { ...wish.data, version };
    }
    return undefined;
  }

  async function enter(
    client: Client,
    { n, version, ...wish }: Subscribe & { version: number },
  ): Promise<Session | undefined> {
    const { grant, connection } = client;
    const consumer = consumerOf(grant.name, wish);
    const key = JSON.stringify(consumer);
    for (const { connection: older, pump } of clients) {
      if (pump?.key !== key) continue;
      older.close(closeCodes.replaced, 'the same consumer has connected again');
      // What the old connection reads must be pending before the new one asks for pending entries.
      await pump.session.ended;
    }
    if (connection.signal.aborted) return undefined;
    if (livingOf(grant).filter(({ pump }) => pump).length >= grant.connections) {
      refuseMore(client);
      return undefined;
    }
    const resumed = departed.isBack(consumer);
    const session = startSession({
      connection,
      upstream: openUpstream(consumer),
      allowance: allowanceOf(grant),
      departed,
      events,
    });
    client.pump = { key, session };
    events.subscribed(consumer.name, consumer.stream, resumed);
    void connection.ended.then(({ code }) => departed.left(consumer, FINAL.has(code)));
    void connection.send([JSON.stringify({ n, ok: { version, resumed } })]);
    return session;
  }

  function refuseMore({ grant, connection }: Client): void {
    connection.close(closeCodes.tooMany, `this token already has ${grant.connections} connections`);
  }

  function allowanceOf({ name, rate }: Grant): TokenBucket {
    const key = `${name} ${rate}`;
    const allowance = allowances.get(key) ?? createTokenBucket({ atOnce: rate, everyMs: 1_000 / rate });
    allowances.set(key, allowance);
    return allowance;
  }

  return {
    welcome,
    /** Disconnects clients whose token was revoked. */
    revoke() {
      for (const { grant, connection } of clients)
        if (!tokens.stands(grant)) connection.close(closeCodes.badToken, 'the token was revoked');
    },
    /** Disconnects everyone; resolves when all reads have ended. */
    async closeAll(code: number, reason: string): Promise<void> {
      for (const { connection } of clients) connection.close(code, reason);
      await Promise.all(
        [...clients].map(async ({ connection, pump }) => (pump ? pump.session.ended : connection.ended)),
      );
    },
  };
}
