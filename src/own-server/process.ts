/** The redis-server process of a folder: found, started, shut down. Each takes the folder's lock. */
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
  writeConf,
  writePid,
} from './files.ts';
import { isRunning, isServerIn } from './living.ts';
import type { ServerProgram } from './program.ts';

export interface Server extends ServerConf {
  pid: number;
  /** Where this process started it. `logFrom`: how long the log was before. */
  started?: { child: ChildProcess; program: ServerProgram; logFrom: number };
}

const POLL_MS = 25;
const SHUT_DOWN_WITHIN_MS = 4_000;
const KILLED_WITHIN_MS = 2_000;

/** One that does not answer is living too: a second server on the same files would ruin them. */
export async function livingServer(folder: string): Promise<Server | undefined> {
  const conf = readConf(folder);
  const pid = readPid(folder);
  if (pid && isServerIn(pid, folder)) {
    if (conf) return { ...conf, pid };
    throw new OwnServerError(
      `A Redis (pid ${pid}) works in ${folder}, but its ${CONF_NAME} is gone or damaged: kill ${pid}, and start again`,
    );
  }
  if (!conf) return undefined;
  const answer = await ask(conf, ['CONFIG GET dir', 'INFO server']);
  if (folderIn(answer) !== folder) return undefined;
  writePid(folder, pidIn(answer));
  return { ...conf, pid: pidIn(answer) };
}

/** Returns as soon as the process is there; whenReady tells what becomes of it. */
export async function startServer(folder: string, program: ServerProgram): Promise<Server> {
  if (program.major < 7 && existsSync(join(folder, 'appendonlydir'))) {
    throw new OwnServerError(
      `${folder} was written by Redis 7 or later: ${program.command} ${program.version} would not see it, and start empty. ` +
        'Put the newer one on the PATH, or point DATA_DIR at another folder',
    );
  }
  const conf = writeConf(folder, { timestamps: program.major >= 7 });
  const logFrom = logLength(folder);
  const log = openSync(logPath(folder), 'a', 0o600);
  try {
    // In a session of its own: a Ctrl-C is for us, and the server ends last.
    const child = spawn(program.command, [CONF_NAME], {
      cwd: folder,
      detached: true,
      stdio: ['ignore', log, log],
    });
    child.unref();
    if (child.pid === undefined) throw (await once(child, 'error'))[0];
    writePid(folder, child.pid);
    return { ...conf, pid: child.pid, started: { child, program, logFrom } };
  } finally {
    closeSync(log);
  }
}

/** Ends it in good order, or by force 4 s later. */
export async function shutDown(folder: string, server: Server): Promise<void> {
  const forceAt = performance.now() + SHUT_DOWN_WITHIN_MS;
  let isTold = false;
  while (isServerIn(server.pid, folder) && performance.now() < forceAt) {
    // NOSAVE means the snapshot alone: the append-only file is written and synced all the same. It passes a busy script.
    const answer = await ask(server, ['SHUTDOWN NOSAVE']);
    // Nobody at the socket: it was removed with its folder. A signal reaches the server all the same.
    if (!answer && !isTold && !existsSync(server.socket)) {
      isTold = true;
      process.kill(server.pid, 'SIGTERM');
    }
    await delay(POLL_MS);
  }
  if (isServerIn(server.pid, folder)) process.kill(server.pid, 'SIGKILL');
  // A process on its way out has no folder any more, and is still there.
  const giveUpAt = performance.now() + KILLED_WITHIN_MS;
  while (isRunning(server.pid) && performance.now() < giveUpAt) await delay(POLL_MS);
}
