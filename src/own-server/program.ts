/** The embedded server's program: redis-server or valkey-server from the PATH, installed first if possible. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { OwnServerError } from './error.ts';
import { installServer, waysToRedis } from './install.ts';

export interface ServerProgram {
  command: string;
  version: string;
  major: number;
  /** Valkey calls itself so, also where it is installed as redis-server. */
  isValkey: boolean;
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
      `No ${COMMANDS.join(' or ')} on the PATH, and REDIS_INSTALL=0 prevents installing one.\n${waysToRedis}`,
    );
  }
  const trouble = await installServer(say, async () => (await findProgram()) !== undefined);
  const installed = await findProgram();
  if (installed) return installed;
  throw new OwnServerError(`No ${COMMANDS.join(' or ')} on the PATH, and ${trouble}.\n${waysToRedis}`);
}

/** undefined: none found. Throws OwnServerError if the only one found is unusable: we do not replace it. */
async function findProgram(): Promise<ServerProgram | undefined> {
  const unfit: string[] = [];
  for (const command of COMMANDS) {
    const answer = await versionOf(command);
    if (answer === undefined) continue;
    const [, version, major, minor] = /v=((\d+)\.(\d+)[\w.-]*)/.exec(answer) ?? [];
    const isFit =
      Number(major) > OLDEST.major || (Number(major) === OLDEST.major && Number(minor) >= OLDEST.minor);
    const isValkey = answer.startsWith('Valkey');
    if (version && isFit) return { command, version, major: Number(major), isValkey };
    unfit.push(
      version ? `${command} on the PATH is ${version}` : `${command} on the PATH does not work: ${answer}`,
    );
  }
  if (!unfit.length) return undefined;
  throw new OwnServerError(
    `${unfit.join('; ')}; Redis ${OLDEST.major}.${OLDEST.minor} or later, or Valkey, is required.\n${waysToRedis}`,
  );
}

/** The output of --version, or why it failed; undefined: not on the PATH. */
async function versionOf(command: string): Promise<string | undefined> {
  try {
    return (await promisify(execFile)(command, ['--version'], { timeout: ANSWER_WITHIN_MS })).stdout;
  } catch (error) {
    const { code, message } = error as Error & { code?: string | number };
    return code === 'ENOENT' || code === 'EACCES' ? undefined : message.trim();
  }
}
