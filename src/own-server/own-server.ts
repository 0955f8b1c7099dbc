/**
 * A private, durable Redis server for one folder, shared by every process that works there without REDIS_URL.
 *
 * Owns the server's process and `<DATA_DIR>/redis`. A use of it is joining → joined → left. The process that started the server starts it
 * again when it dies, at the same socket, until it leaves.
 *
 * Invariant: never two servers on the files of one folder, and no server is taken that works in another one.
 */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describeAddress, type RedisAddress } from '../config/config.ts';
import { OwnServerError } from './error.ts';
import { makeFolder } from './files.ts';
import type { Server } from './process.ts';
import { join, leave, type Use } from './use.ts';
import { newUser } from './users.ts';

export { OwnServerError } from './error.ts';

export interface OwnServerOptions {
  dataDir: string;
  mayInstall: boolean;
  say: (line: string) => void;
}

export interface OwnServer {
  address: RedisAddress;
  /** Ends the server too, where nobody else uses it. Takes 8 s at the most; twice is harmless; never throws. */
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
    : 'running already';
  use.say(`Own Redis at ${describeAddress(address)}, files in ${use.folder}: ${origin} (pid ${pid})`);
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

/** Never throws. Ends when we leave, or when another user of the folder was faster to start it again: then it is theirs. */
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
      use.say(`The own Redis (pid ${server.pid}) ended unexpectedly (${end}): starting it again`);
    }
    await delay(pauseMs, undefined, { ref: false, signal: use.leaving }).catch(() => undefined);
    if (use.leaving.aborted) return;
    pauseMs = Math.min(pauseMs * 2, RESTART_PAUSE_MS.most);
    server = await join(use).catch((error: Error) => {
      if (!use.leaving.aborted) use.say(`${error.message.split('\n')[0]} (trying again)`);
      return undefined;
    });
  }
}

async function ended(child: NonNullable<Server['started']>['child']): Promise<string> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.signalCode ?? `exit ${child.exitCode}`;
}

/** What the file system refuses is a matter of DATA_DIR. */
function withAdvice(error: unknown, dataDir: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof OwnServerError || typeof code !== 'string') return error;
  return new OwnServerError(
    `The own Redis cannot use DATA_DIR (${dataDir}): ${message}. Point DATA_DIR at a folder that this user may write, or set REDIS_URL`,
    { cause: error },
  );
}
