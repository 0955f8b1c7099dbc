/** The program that the own server runs: redis-server or valkey-server from the PATH, installed first where that is possible. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { OwnServerError } from './error.ts';
import { installServer, waysToRedis } from './install.ts';

export interface ServerProgram {
  command: string;
  version: string;
  major: number;
}

const COMMANDS = ['redis-server', 'valkey-server'];
const OLDEST = { major: 6, minor: 2 };
const ANSWER_WITHIN_MS = 10_000;

export async function serverProgram(
  mayInstall: boolean,
  say: (line: string) => void,
): Promise<ServerProgram> {
  const program = await findProgram();
  if (program) return program;
  if (!mayInstall) {
    throw new OwnServerError(
      `No ${COMMANDS.join(' or ')} on the PATH, and REDIS_INSTALL=0 forbids to install one.\n${waysToRedis}`,
    );
  }
  const trouble = await installServer(say, async () => (await findProgram()) !== undefined);
  const installed = await findProgram();
  if (installed) return installed;
  throw new OwnServerError(`No ${COMMANDS.join(' or ')} on the PATH, and ${trouble}.\n${waysToRedis}`);
}

/** undefined: none is there. Throws OwnServerError where only one is there that will not do: to install over it is not ours. */
async function findProgram(): Promise<ServerProgram | undefined> {
  const unfit: string[] = [];
  for (const command of COMMANDS) {
    const answer = await versionOf(command);
    if (answer === undefined) continue;
    const [, version, major, minor] = /v=((\d+)\.(\d+)[\w.-]*)/.exec(answer) ?? [];
    const isFit =
      Number(major) > OLDEST.major || (Number(major) === OLDEST.major && Number(minor) >= OLDEST.minor);
    if (version && isFit) return { command, version, major: Number(major) };
    unfit.push(
      version ? `${command} on the PATH is ${version}` : `${command} on the PATH does not work: ${answer}`,
    );
  }
  if (!unfit.length) return undefined;
  throw new OwnServerError(
    `${unfit.join('; ')}; it takes Redis ${OLDEST.major}.${OLDEST.minor} or later, or Valkey.\n${waysToRedis}`,
  );
}

/** What it says of itself, or why it says nothing; undefined: not on the PATH. */
async function versionOf(command: string): Promise<string | undefined> {
  try {
    return (await promisify(execFile)(command, ['--version'], { timeout: ANSWER_WITHIN_MS })).stdout;
  } catch (error) {
    const { code, message } = error as Error & { code?: string | number };
    return code === 'ENOENT' || code === 'EACCES' ? undefined : message.trim();
  }
}
