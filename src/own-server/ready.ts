/** Waits for a found or started server: it answers, has exited, or is stuck; and explains why it did not start. */
import { setTimeout as delay } from 'node:timers/promises';
import { ask, errorIn, folderIn } from './answers.ts';
import { OwnServerError } from './error.ts';
import { isOfNewValkey, logPath, logTail } from './files.ts';
import { isServerAlive, type Server } from './process.ts';

type Started = NonNullable<Server['started']>;

const POLL_MS = 25;
const SILENT_AT_MOST_MS = 20_000;
const SAID_AFTER_MS = 3_000;

/** Waits until it answers, however long loading takes. `gone`: the process ended first. Throws OwnServerError if it stays silent. */
export async function whenReady(
  folder: string,
  server: Server,
  say: (line: string) => void,
): Promise<'ready' | 'gone'> {
  const begunAt = performance.now();
  let heardAt = begunAt;
  let hasSaid = false;
  for (;;) {
    const answer = await ask(server, ['CONFIG GET dir', 'PING']);
    if (answer.includes('+PONG') && folderIn(answer) === folder) return 'ready';
    if (!(await isServerAlive(server.pid, folder))) return 'gone';
    const error = errorIn(answer);
    if (error && /^(LOADING|BUSY)/.test(error)) heardAt = performance.now();
    if (!hasSaid && performance.now() - begunAt > SAID_AFTER_MS) {
      hasSaid = true;
      say(`Waiting for the embedded Redis (pid ${server.pid}): ${error ?? 'no answer yet'}`);
    }
    if (performance.now() - heardAt > SILENT_AT_MOST_MS) {
      throw new OwnServerError(
        `The embedded Redis (pid ${server.pid}) is running but does not answer at ${server.socket}` +
          `${error ? ` (${error})` : ''}. Its log: ${logPath(folder)}. To start over: kill ${server.pid}`,
      );
    }
    await delay(POLL_MS);
  }
}

/** Why a server that this process started has exited, from its log. */
export function startFailure(folder: string, { program, logFrom }: Started): OwnServerError {
  const tail = logTail(folder, logFrom)
    .map((line) => `\n  ${line}`)
    .join('');
  const isForeign = isOfNewValkey(folder) && !(program.isValkey && program.major >= 9);
  const advice = isForeign
    ? ofValkey
    : (advices.find(({ sign }) => sign.test(tail))?.advice ?? 'Its log says why');
  return new OwnServerError(
    `The embedded Redis (${program.command} ${program.version}) does not start. ${advice}. Its log: ${logPath(folder)}${tail}`,
  );
}

const ofValkey =
  'Its files were written by Valkey 9 or later and must not be repaired: put that one on the PATH, and no redis-server, which would be taken first';

const advices = [
  { sign: /No space left|not enough space/i, advice: 'The disk is full: free some space and start again' },
  {
    sign: /RDB format version|newer version|unknown command/i,
    advice: 'Its files were written by a newer version: put that one on the PATH',
  },
  {
    sign: /Bad file format|Unexpected end of file|Unrecoverable error|manifest/i,
    advice: 'Its append-only file is damaged: copy the folder, then repair it with redis-check-aof --fix',
  },
  {
    sign: /Permission denied|Read-only file system/i,
    advice: 'It may not write there: point DATA_DIR at a folder of this user',
  },
];
