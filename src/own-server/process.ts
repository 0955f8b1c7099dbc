/** Finds, starts and shuts down the redis-server of a folder. Callers hold the folder's lock. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ask, folderIn, pidIn } from './answers.ts';
import { OwnServerError } from './error.ts';
import {
  CONF_NAME,
  logLength,
  logPath,
  readConf,
  readPid,
  type ServerConf,
  socketPath,
  writeConf,
  writePid,
} from './files.ts';
import { isRunning, isServerIn } from './living.ts';
import { announce, isPresent } from './presence.ts';
import type { ServerProgram } from './program.ts';

export interface Server extends ServerConf {
  pid: number;
  /** Set if this process started it. `logFrom`: the log's length before. */
  started?: { child: ChildProcess; program: ServerProgram; logFrom: number };
}

/** Name of the server's presence, which it inherits from the process that starts it. */
const SERVER = 'server';
const POLL_MS = 25;
const SHUT_DOWN_WITHIN_MS = 4_000;
const KILLED_WITHIN_MS = 2_000;

/** Also one that runs in another container. */
export const isServerAlive = async (pid: number, folder: string): Promise<boolean> =>
  isServerIn(pid, folder) || (await isPresent(folder, SERVER));

/** A server that does not answer counts as running: a second one on the same files would corrupt them. */
export async function livingServer(folder: string): Promise<Server | undefined> {
  const conf = readConf(folder);
  const pid = readPid(folder);
  if (pid && isServerIn(pid, folder)) {
    if (conf) return { ...conf, pid };
    throw new OwnServerError(
      `A Redis (pid ${pid}) is running in ${folder}, but its ${CONF_NAME} is missing or damaged: kill ${pid} and start again`,
    );
  }
  const answer = conf ? await ask(conf, ['CONFIG GET dir', 'INFO server']) : '';
  if (conf && folderIn(answer) === folder) {
    writePid(folder, pidIn(answer));
    return { ...conf, pid: pidIn(answer) };
  }
  if (!(await isPresent(folder, SERVER))) return undefined;
  // It is starting, stopped, or about to end: callers that wait for it find out.
  if (conf?.socket === socketPath(folder)) return { ...conf, pid: pid ?? 0 };
  throw new OwnServerError(
    `${folder} is in use by the embedded Redis of another container, which has it mounted elsewhere: ` +
      'mount it at the same path in both, give each its own DATA_DIR, or run one Redis for all and set REDIS_URL',
  );
}

/** Returns once the process is spawned; whenReady waits for it. */
export async function startServer(folder: string, program: ServerProgram): Promise<Server> {
  if (program.major < 7 && existsSync(join(folder, 'appendonlydir'))) {
    throw new OwnServerError(
      `${folder} was written by Redis 7 or later: ${program.command} ${program.version} would ignore its data and start empty. ` +
        'Put the newer version on the PATH, or point DATA_DIR at another folder',
    );
  }
  const conf = writeConf(folder, { timestamps: program.major >= 7 });
  const logFrom = logLength(folder);
  const log = openSync(logPath(folder), 'a', 0o600);
  const presence = await announce(folder, SERVER);
  try {
    // Its own session: a Ctrl-C must not reach the server, which ends last.
    const child = spawn(program.command, [CONF_NAME], {
      cwd: folder,
      detached: true,
      stdio: ['ignore', log, log, presence.fd ?? 'ignore'],
    });
    child.unref();
    if (child.pid === undefined) throw (await once(child, 'error'))[0];
    writePid(folder, child.pid);
    return { ...conf, pid: child.pid, started: { child, program, logFrom } };
  } finally {
    // From now on only the server has it open.
    await presence.end();
    closeSync(log);
  }
}

/** SHUTDOWN, then SIGKILL after 4 s. */
export async function shutDown(folder: string, server: Server): Promise<void> {
  const forceAt = performance.now() + SHUT_DOWN_WITHIN_MS;
  let isTold = false;
  while ((await isServerAlive(server.pid, folder)) && performance.now() < forceAt) {
    // NOSAVE only skips the RDB snapshot; the append-only file is still synced. Unlike plain SHUTDOWN it works during a busy script.
    const answer = await ask(server, ['SHUTDOWN NOSAVE']);
    // The socket was removed with its folder: signal the process instead.
    if (!answer && !isTold && !existsSync(server.socket) && isServerIn(server.pid, folder)) {
      isTold = true;
      process.kill(server.pid, 'SIGTERM');
    }
    await delay(POLL_MS);
  }
  if (isServerIn(server.pid, folder)) process.kill(server.pid, 'SIGKILL');
  // An exiting process no longer has a working folder, so isServerIn misses it.
  const giveUpAt = performance.now() + KILLED_WITHIN_MS;
  while (isRunning(server.pid) && performance.now() < giveUpAt) await delay(POLL_MS);
}
