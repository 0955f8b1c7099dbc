/**
 * `TEST_REDIS_SERVER=/path/to/valkey-server npm test`: the tests and all that they start run against that program. It is found as
 * everything finds its server, by the name `redis-server` on the PATH: a folder that has it comes first there.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

const ANSWER_WITHIN_MS = 10_000;

/** What does not answer `--version` as a server does. The message says which path, and why. */
export class NoServer extends Error {
  override name = 'NoServer';
}

/** As in "Valkey 9.1.2". Throws NoServer. */
export function versionOf(path: string): string {
  let output: string;
  try {
    if (statSync(path).isDirectory()) throw new Error('it is a folder');
    output = execFileSync(path, ['--version'], {
      encoding: 'utf8',
      timeout: ANSWER_WITHIN_MS,
      stdio: 'pipe',
    });
  } catch (error) {
    throw new NoServer(`${path} cannot be run as a server: ${(error as Error).message.trim()}`, {
      cause: error,
    });
  }
  const [, name, version] = /^(\w+) server v=(\S+)/m.exec(output) ?? [];
  if (!name || !version) throw new NoServer(`${path} is no redis-server or valkey-server: ${output.trim()}`);
  return `${name} ${version}`;
}

/** For this process and those that it starts. Without TEST_REDIS_SERVER the PATH stays as it is. Throws NoServer. */
export function useChosenServer(env: NodeJS.ProcessEnv = process.env): void {
  const { TEST_REDIS_SERVER: chosen, PATH = '' } = env;
  if (!chosen) return;
  const path = resolve(chosen);
  versionOf(path);
  const folder = mkdtempSync(join(tmpdir(), 'skywire-inbox-server-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(path, join(folder, 'redis-server'));
  env['PATH'] = `${folder}${delimiter}${PATH}`;
}
