/** The files of an embedded server, in `<DATA_DIR>/redis`: redis.conf, socket, log, pid file and append-only file. */
import { hash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export interface ServerConf {
  /** Path of the Unix socket: no TCP port, and the folder's mode keeps other users out. */
  socket: string;
}

export const CONF_NAME = 'redis.conf';
const LOG_TAIL_BYTES = 8_192;
const LOG_TAIL_LINES = 8;

/** The kernel's limit for a socket path is 104 bytes on macOS, 108 on Linux. */
const LONGEST_SOCKET_PATH = 100;

/** Creates the folder with mode 0700. Returns the real path, as the server itself reports it. */
export function makeFolder(dataDir: string): string {
  const folder = resolve(dataDir, 'redis');
  mkdirSync(resolve(dataDir), { recursive: true });
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o700);
  return realpathSync(folder);
}

/** undefined: missing or damaged. */
export function readConf(folder: string): ServerConf | undefined {
  const socket = /^unixsocket "(.+)"$/m.exec(readIfThere(join(folder, CONF_NAME)))?.[1];
  return socket ? { socket } : undefined;
}

/** In the folder; in the temporary directory if that path is too long, named by a hash of the folder. */
export function socketPath(folder: string): string {
  const inside = join(folder, 'redis.sock');
  if (Buffer.byteLength(inside) <= LONGEST_SOCKET_PATH) return inside;
  return join(tmpdir(), `skywire-inbox-${hash('sha256', folder, 'hex').slice(0, 16)}.sock`);
}

export function writeConf(folder: string, { timestamps }: { timestamps: boolean }): ServerConf {
  const socket = socketPath(folder);
  const lines = [
    '# Overwritten each time the server starts. For a Redis with your own configuration, set REDIS_URL.',
    'port 0',
    `unixsocket "${socket}"`,
    'unixsocketperm 700',
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
  return { socket };
}

/** Written by the starting process and again by the server, so that it exists even if either is killed. */
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

/** The last lines written since offset `from`. */
export function logTail(folder: string, from: number): string[] {
  const written = Buffer.from(readIfThere(logPath(folder), 'latin1'), 'latin1').subarray(from);
  return written.subarray(-LOG_TAIL_BYTES).toString().split('\n').filter(Boolean).slice(-LOG_TAIL_LINES);
}

/** Whether the append-only file begins as that of Valkey 9 and later: every other server takes it for damaged. */
export function isOfNewValkey(folder: string): boolean {
  const files = join(folder, 'appendonlydir');
  const base = existsSync(files) ? readdirSync(files).find((name) => name.endsWith('.base.rdb')) : undefined;
  return base !== undefined && readFileSync(join(files, base), 'latin1').startsWith('VALKEY');
}

function readIfThere(path: string, encoding: BufferEncoding = 'utf8'): string {
  try {
    return readFileSync(path, encoding);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
