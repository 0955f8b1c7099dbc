/** Connections to Redis, whatever stands behind the address: one server, a socket, Sentinel or Cluster. The only `new Redis`. */
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { describeAddress, type RedisAddress, type TlsFiles } from '../config/config.ts';

export type RedisClient = Redis | Cluster;

export interface RedisTarget {
  address: RedisAddress;
  tls: TlsFiles;
}

/**
 * `commands`: short commands, answered within 20 s or failed. `reader`: one blocking XREADGROUP or XREAD; nothing is sent twice.
 * `queue`: what BullMQ wants.
 */
export type Purpose = 'commands' | 'reader' | 'queue';

const COMMAND_TIMEOUT_MS = 20_000;
/** Longer than any command blocks (BullMQ: 10 s), shorter than a command may take. */
const SILENCE_MS = 15_000;
const CONNECT_TIMEOUT_MS = 5_000;
const FIRST_CONNECT_TIMEOUT_MS = 8_000;

/** Redis could not be reached at start. The message says where and why, and holds no secret. */
export class RedisUnreachable extends Error {
  override name = 'RedisUnreachable';
}

/** A client that reconnects for ever. `onTrouble` hears of each connection error; nothing is thrown. */
export function createClient(
  target: RedisTarget,
  purpose: Purpose,
  name: string,
  onTrouble: (error: Error) => void,
): RedisClient {
  const client = build(target, purpose, `skywire-inbox:${name}`);
  client.on('error', onTrouble);
  return client;
}

function build({ address, tls }: RedisTarget, purpose: Purpose, connectionName: string): RedisClient {
  const { username, password } = address;
  const options: RedisOptions = {
    connectionName,
    // BullMQ connects a lazy client itself, once: if that fails, its worker never fetches a job, and reports nothing.
    lazyConnect: purpose !== 'queue',
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepAlive: 10_000,
    // A connection that a partition made silent is never told: it is given up, or every command on it would time out for ever.
    socketTimeout: SILENCE_MS,
    // A resent XREADGROUP returns the next entries and leaves the lost ones pending: the reader must notice instead.
    autoResendUnfulfilledCommands: purpose !== 'reader',
    maxRetriesPerRequest: { queue: null, commands: 3, reader: 0 }[purpose],
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 6), 2_000),
    ...(purpose === 'reader' ? {} : { commandTimeout: COMMAND_TIMEOUT_MS }),
    ...(username && { username }),
    ...(password && { password }),
  };
  switch (address.kind) {
    case 'socket':
      return new Redis({ ...options, path: address.path, db: address.db });
    case 'sentinel':
      return new Redis({
        ...options,
        sentinels: address.sentinels,
        name: address.name,
        db: address.db,
        failoverDetector: true,
        // A failed-over master that came back as a replica: reconnect, and ask the sentinels again.
        reconnectOnError: (error) => error.message.startsWith('READONLY'),
      });
    case 'cluster':
      return new Cluster(address.nodes, {
        redisOptions: { ...options, lazyConnect: true, ...(address.tls && { tls }) },
        lazyConnect: options.lazyConnect!,
        clusterRetryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 6), 2_000),
      });
    case 'single':
      return new Redis({
        ...options,
        host: address.host,
        port: address.port,
        db: address.db,
        ...(address.tls && { tls }),
      });
  }
}

/** Connects and waits until Redis answers. Throws RedisUnreachable within 8 s. */
export async function connectFirst(client: RedisClient, target: RedisTarget): Promise<void> {
  let lastError: Error | undefined;
  const note = (error: Error) => {
    lastError = error;
  };
  client.on('error', note);
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), FIRST_CONNECT_TIMEOUT_MS);
  });
  try {
    await Promise.race([connectOnce(client), timeout]);
  } catch (error) {
    client.disconnect();
    const cause = lastError ?? (error as Error);
    throw new RedisUnreachable(
      `Redis at ${describeAddress(target.address)} cannot be reached: ${reason(cause)}`,
      { cause },
    );
  } finally {
    clearTimeout(timer);
    client.off('error', note);
  }
}

async function connectOnce(client: RedisClient): Promise<void> {
  if (client.status === 'wait') await client.connect();
  await client.ping();
}

function reason(error: Error): string {
  const nested = error as Error & { code?: string; lastNodeError?: Error };
  return nested.lastNodeError?.message || nested.message || nested.code || 'unknown reason';
}

/** Ends a connection within a deadline, with Redis gone too. */
export async function closeClient(client: RedisClient, deadlineMs = 1_000): Promise<void> {
  if (client.status === 'end' || client.status === 'wait') return client.disconnect();
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise((resolve) => {
    timer = setTimeout(resolve, deadlineMs);
  });
  await Promise.race([client.quit().catch(() => undefined), deadline]);
  clearTimeout(timer);
  client.disconnect();
}
