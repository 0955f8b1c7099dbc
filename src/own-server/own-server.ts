/**
 * The embedded Redis: a private, durable server for one folder, shared by every process that uses this DATA_DIR without REDIS_URL.
 *
 * Owns the server's process and `<DATA_DIR>/redis`. A use of it is joining → joined → left. The process that started the server
 * restarts it at the same socket if it dies, until it leaves.
 *
 * Invariant: never two servers on the files of one folder, and never a server that runs in another folder.
 */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describeAddress, type RedisAddress } from '../config/config.ts';
import { OwnServerError } from './error.ts';
import { makeFolder } from './files.ts';
import { newUser } from './living.ts';
import type { Server } from './process.ts';
import { join, leave, type Use } from './use.ts';

export { OwnServerError } from './error.ts';

export interface OwnServerOptions {
  dataDir: string;
  mayInstall: boolean;
  say: (line: string) => void;
}

export interface OwnServer {
  address: RedisAddress;
  /** Shuts the server down if this was its last user. Idempotent; takes at most 8 s; never throws. */
  stop(): Promise<void>;
}

const RESTART_PAUSE_MS = { least: 200, most: 30_000 };
const STEADY_AFTER_MS = 60_000;

/** Resolves when the server answers. Throws OwnServerError. */
export async function useOwnServer({ dataDir, mayInstall, say }: OwnServerOptions): Promise<OwnServer> {
  const leaving = new AbortController();
  let use: Use | undefined;
  try {
    use = { folder: makeFolder(dataDir), user: newUser(), leaving: leaving.signal, mayInstall, say };
    return joined(use, leaving, await join(use));
  } catch (error) {
    if (use) await leave(use, undefined);
    throw withAdvice(error, dataDir);
  }
}

function joined(use: Use, leaving: AbortController, server: Server): OwnServer {
  const { socket, pid, started } = server;
  const address: RedisAddress = { kind: 'socket', path: socket, db: 0 };
  const origin = started
    ? `${started.program.command} ${started.program.version} started`
    : 'already running';
  use.say(`Embedded Redis at ${describeAddress(address)}, files in ${use.folder}: ${origin} (pid ${pid})`);
  void keepRunning(use, server);
  let left: Promise<void> | undefined;
  return {
    address,
    stop() {
      leaving.abort();
      left ??= leave(use, server);
      return left;
    },
  };
}

/** Never throws. Ends when we leave, or when another process restarted the server first: then it supervises it. */
async function keepRunning(use: Use, first: Server): Promise<void> {
  let server: Server | undefined = first;
  let pauseMs = RESTART_PAUSE_MS.least;
  for (;;) {
    if (server) {
      if (!server.started) return;
      const startedAt = performance.now();
      const end = await ended(server.started.child);
      if (use.leaving.aborted) return;
      if (performance.now() - startedAt > STEADY_AFTER_MS) pauseMs = RESTART_PAUSE_MS.least;
      use.say(`The embedded Redis (pid ${server.pid}) ended unexpectedly (${end}): restarting it`);
    }
    await delay(pauseMs, undefined, { ref: false, signal: use.leaving }).catch(() => undefined);
    if (use.leaving.aborted) return;
    pauseMs = Math.min(pauseMs * 2, RESTART_PAUSE_MS.most);
    server = await join(use).catch((error: Error) => {
      if (!use.leaving.aborted) use.say(`${error.message.split('\n')[0]} (retrying)`);
      return undefined;
    });
  }
}

async function ended(child: NonNullable<Server['started']>['child']): Promise<string> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.signalCode ?? `exit ${child.exitCode}`;
}

/** File system errors are about DATA_DIR. */
function withAdvice(error: unknown, dataDir: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof OwnServerError || typeof code !== 'string') return error;
  return new OwnServerError(
    `The embedded Redis cannot use DATA_DIR (${dataDir}): ${message}. Point DATA_DIR at a folder that this user may write, or set REDIS_URL`,
    { cause: error },
  );
}
