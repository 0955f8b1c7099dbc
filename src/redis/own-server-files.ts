/** The files of an own server: `<DATA_DIR>/redis`, with its settings, password, log, pid and the append-only file. */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { OwnServerError } from './own-server-error.ts';

export interface ServerConf {
  port: number;
  password: string;
}

export const CONF_NAME = 'redis.conf';
const LOG_TAIL_BYTES = 8_192;
const LOG_TAIL_LINES = 8;

/**
 * Where to listen: below the ports that Linux and macOS give to outgoing connections. A client that tries such a port again and again while
 * the server is away can end up connected to itself, and then keeps the server from coming back. 6379 is not among them.
 */
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 29_999;
const PORT_TRIES = 50;

/** Makes the folder, for this user alone. The path is the real one, as the server itself names it. */
export function makeFolder(dataDir: string): string {
  const folder = resolve(dataDir, 'redis');
  mkdirSync(resolve(dataDir), { recursive: true });
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o700);
  return realpathSync(folder);
}

/** undefined: never written, or damaged. */
export function readConf(folder: string): ServerConf | undefined {
  const text = readIfThere(join(folder, CONF_NAME));
  const port = Number(/^port (\d+)$/m.exec(text)?.[1]);
  const password = /^requirepass (\w+)$/m.exec(text)?.[1];
  return password && port >= LOWEST_PORT && port <= HIGHEST_PORT ? { port, password } : undefined;
}

/** The password stays the same as long as the file lives. */
export function writeConf(folder: string, port: number, { timestamps }: { timestamps: boolean }): ServerConf {
  const password = readConf(folder)?.password ?? randomBytes(24).toString('hex');
  const lines = [
    '# Written anew at each start of the server. For a Redis with settings of your own, set REDIS_URL.',
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    'daemonize no',
    'pidfile redis.pid',
    'appendonly yes',
    'appendfsync everysec',
    ...(timestamps ? ['aof-timestamp-enabled yes'] : []),
    'save ""',
    'maxmemory-policy noeviction',
  ];
  const temporary = join(folder, `${CONF_NAME}.new`);
  rmSync(temporary, { force: true });
  writeFileSync(temporary, `${lines.join('\n')}\n`, { mode: 0o600 });
  renameSync(temporary, join(folder, CONF_NAME));
  return { port, password };
}

/** Whoever starts the server writes it at once, and the server the same again: so it is there whichever of the two is killed. */
export function writePid(folder: string, pid: number): void {
  writeFileSync(join(folder, 'redis.pid'), `${pid}\n`);
}

export function readPid(folder: string): number | undefined {
  return Number(readIfThere(join(folder, 'redis.pid'))) || undefined;
}

export const logPath = (folder: string): string => join(folder, 'redis.log');

export function logLength(folder: string): number {
  return statSync(logPath(folder), { throwIfNoEntry: false })?.size ?? 0;
}

/** The last lines that were written behind `from`. */
export function logTail(folder: string, from: number): string[] {
  const written = Buffer.from(readIfThere(logPath(folder), 'latin1'), 'latin1').subarray(from);
  return written.subarray(-LOG_TAIL_BYTES).toString().split('\n').filter(Boolean).slice(-LOG_TAIL_LINES);
}

/** `preferred` where nobody listens on it. Another process may take the port before the server does. */
export async function freePort(preferred: number | undefined): Promise<number> {
  if (preferred && (await isFree(preferred))) return preferred;
  for (let tries = 0; tries < PORT_TRIES; tries += 1) {
    const port = LOWEST_PORT + Math.floor(Math.random() * (HIGHEST_PORT - LOWEST_PORT + 1));
    if (await isFree(port)) return port;
  }
  throw new OwnServerError(
    `No free port between ${LOWEST_PORT} and ${HIGHEST_PORT} on 127.0.0.1 for the own Redis`,
  );
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const probe = createServer();
    probe.once('error', () => done(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)));
  });
}

function readIfThere(path: string, encoding: BufferEncoding = 'utf8'): string {
  try {
    return readFileSync(path, encoding);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
