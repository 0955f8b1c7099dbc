/** Redis connections, to a single server, a socket, Sentinel or Cluster. The only `new Redis`. */
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { describeAddress, type RedisAddress, type TlsFiles } from '../config/config.ts';
import { clusterTls } from './cluster-tls.ts';
import { within } from './deadline.ts';

export type RedisClient = Redis | Cluster;

export interface RedisTarget {
  address: RedisAddress;
  tls: TlsFiles;
}

/**
 * `commands`: short commands, each fails after 20 s. `reader`: one blocking XREADGROUP or XREAD, never resent.
 * `queue`: the options BullMQ requires.
 */
export type Purpose = 'commands' | 'reader' | 'queue';

const COMMAND_TIMEOUT_MS = 20_000;
/** Longer than any blocking read (BullMQ: 10 s), shorter than COMMAND_TIMEOUT_MS. */
const SILENCE_MS = 15_000;
const CONNECT_TIMEOUT_MS = 5_000;
const FIRST_CONNECT_TIMEOUT_MS = 8_000;

/** Redis could not be reached at startup. The message says where and why, without secrets. */
export class RedisUnreachable extends Error {
  override name = 'RedisUnreachable';
}

/** Reconnects for ever. Connection errors go to `onTrouble`; nothing is thrown. */
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
    // CLIENT SETINFO is of no use to us, and what a Redis user lacks for it, Redis 7.2 and Valkey write into ACL LOG at every connection.
    disableClientInfo: true,
    // BullMQ connects a lazy client itself, once: if that fails, its worker never fetches a job, and reports nothing.
    lazyConnect: purpose !== 'queue',
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepAlive: 10_000,
    // After a silent partition TCP never reports an error: without this every command would time out for ever.
    socketTimeout: SILENCE_MS,
    // A resent XREADGROUP returns the next entries and leaves those of the lost reply pending: the reader must see the failure.
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
        // The old master was demoted to a replica: reconnect, which asks the sentinels again.
        reconnectOnError: (error) => error.message.startsWith('READONLY'),
      });
    case 'cluster': {
      const { tls: encrypted, ...lookup } = address.tls ? clusterTls(hostsOf(address.nodes), tls) : {};
      return new Cluster(address.nodes, {
        ...lookup,
        redisOptions: { ...options, lazyConnect: true, ...(encrypted && { tls: encrypted }) },
        lazyConnect: options.lazyConnect!,
        clusterRetryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 6), 2_000),
      });
    }
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

const hostsOf = (nodes: readonly { host: string }[]): string[] => nodes.map(({ host }) => host);

/** A second connection to the same Redis, with the options of a `reader`. The caller must close it. */
export function openReaderBeside(client: RedisClient): RedisClient {
  const forReading = {
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: undefined,
  };
  const reader: RedisClient =
    client instanceof Cluster
      ? client.duplicate(undefined, { redisOptions: { ...client.options.redisOptions, ...forReading } })
      : client.duplicate(forReading);
  // Its commands fail with the same error.
  reader.on('error', () => undefined);
  return reader;
}

/** Resolves once Redis answers. Throws RedisUnreachable within 8 s, of a Cluster within 13 s. */
export async function connectFirst(client: RedisClient, target: RedisTarget): Promise<void> {
  let lastError: Error | undefined;
  const note = (error: Error) => {
    lastError = error;
  };
  client.on('error', note);
  try {
    await within(FIRST_CONNECT_TIMEOUT_MS, connectOnce(client));
  } catch (error) {
    client.disconnect();
    const cause = (await nodeError(target)) ?? lastError ?? (error as Error);
    throw new RedisUnreachable(
      `Redis at ${describeAddress(target.address)} cannot be reached: ${reason(cause)}`,
      { cause },
    );
  } finally {
    client.off('error', note);
  }
}

/** ioredis hides why the nodes of a Cluster could not be reached: try the first one again. */
async function nodeError({ address, tls }: RedisTarget): Promise<Error | undefined> {
  if (address.kind !== 'cluster') return undefined;
  const { kind: _, nodes, ...rest } = address;
  const first: RedisAddress = { ...rest, kind: 'single', ...nodes[0]!, db: 0 };
  const { tls: checked } = clusterTls(hostsOf(nodes), tls);
  const node = build({ address: first, tls: checked }, 'commands', 'skywire-inbox:check');
  let found: Error | undefined;
  node.on('error', (error) => {
    found ??= error;
  });
  await within(CONNECT_TIMEOUT_MS, connectOnce(node)).catch((error: Error) => (found ??= error));
  node.disconnect();
  return found;
}

async function connectOnce(client: RedisClient): Promise<void> {
  if (client.status === 'wait') await client.connect();
  await client.ping();
}

function reason(error: Error): string {
  const nested = error as Error & { code?: string; lastNodeError?: Error };
  return nested.lastNodeError?.message || nested.message || nested.code || 'unknown reason';
}

/** Closes within the deadline, even while Redis is unavailable. */
export async function closeClient(client: RedisClient, deadlineMs = 1_000): Promise<void> {
  if (client.status === 'end' || client.status === 'wait') return client.disconnect();
  await within(deadlineMs, client.quit()).catch(() => undefined);
  client.disconnect();
}
