/** The real newsboat: reloads, counts, and presses keys. https://newsboat.org; Debian has it. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The program, or another build of it in NEWSBOAT. */
const program = process.env['NEWSBOAT'] ?? 'newsboat';
const version = /^newsboat r?(\d+)\.(\d+)/i.exec(String(spawnSync(program, ['-v']).stdout));
const has = (command: string): boolean => spawnSync(command, ['--version']).error === undefined;
export const hasNewsboat = version !== null && has('script') && has('sqlite3');
if (!hasNewsboat)
  console.warn('SKIPPED: no feed reader is tried: newsboat, script or sqlite3 is not installed');

/** Since 2.24 there is a source of its own for servers like FreshRSS. */
const source = version && Number(version[1]) * 1_000 + Number(version[2]) >= 2_024 ? 'freshrss' : 'feedhq';

export interface Row {
  guid: string;
  title: string;
  unread: number;
}

export interface Newsboat {
  source: string;
  /** Exit code. */
  reload(): Promise<number>;
  /** The number of unread articles as it says it itself. */
  unread(): Promise<number>;
  rows(): Row[];
  /** In the first feed: reads the first article, stars the next, and leaves. */
  readAndStar(): Promise<void>;
  markFeedRead(): Promise<void>;
  stop(): Promise<void>;
}

export async function openNewsboat(account: { url: string; user: string; token: string }): Promise<Newsboat> {
  const dir = await mkdtemp(join(tmpdir(), 'skywire-inbox-newsboat-'));
  const file = (name: string): string => join(dir, name);
  await writeFile(file('urls'), '');
  await writeFile(
    file('config'),
    [
      `urls-source "${source}"`,
      `${source}-url "${account.url}"`,
      `${source}-login "${account.user}"`,
      `${source}-password "${account.token}"`,
      `${source}-min-items 1000`,
      `${source}-show-special-feeds no`,
      `${source}-flag-star "s"`,
      source === 'freshrss' ? 'confirm-mark-feed-read no' : '',
      '',
    ].join('\n'),
  );
  const args = ['-C', file('config'), '-u', file('urls'), '-c', file('cache.db')];
  const env = { ...process.env, TERM: 'xterm', LC_ALL: 'C.UTF-8', HOME: dir };
  const run = (command: string, given: string[]) =>
    new Promise<{ code: number; text: string }>((resolve, reject) => {
      const child = spawn(command, given, { env, stdio: ['ignore', 'pipe', 'pipe'] });
      let text = '';
      child.stdout.on('data', (part: Buffer) => {
        text += String(part);
      });
      child.on('error', reject);
      child.on('close', (code) => resolve({ code: code ?? -1, text }));
    });
  return {
    source,
    reload: async () => (await run(program, [...args, '-x', 'reload'])).code,
    unread: async () => Number(/\d+/.exec((await run(program, [...args, '-x', 'print-unread'])).text)?.[0]),
    rows() {
      const select = 'select guid, title, unread from rss_item order by guid desc';
      return JSON.parse(String(spawnSync('sqlite3', ['-json', file('cache.db'), select]).stdout) || '[]');
    },
    readAndStar: () => press([program, ...args], env, ['\r', 'N', '\u0005', 's\r', 'q']),
    markFeedRead: () => press([program, ...args], env, ['A']),
    stop: () => rm(dir, { recursive: true, force: true }),
  };
}

/** What it draws first, and how long it draws nothing before it waits for the next key. */
const DRAWN = /newsboat|feeds/i;
const QUIET_MS = 400;

async function press(command: string[], env: NodeJS.ProcessEnv, keys: string[]): Promise<void> {
  const line = `stty rows 40 cols 120; ${command.map((part) => `'${part}'`).join(' ')}`;
  const child = spawn('script', ['-qfc', line, '/dev/null'], { env });
  let drawn = '';
  let last = performance.now();
  child.stdout.on('data', (part: Buffer) => {
    drawn += String(part);
    last = performance.now();
  });
  const closed = new Promise((resolve) => child.on('close', resolve));
  const isQuiet = () => DRAWN.test(drawn) && performance.now() - last > QUIET_MS;
  for (const key of [...keys, 'q']) {
    while (!isQuiet() && child.exitCode === null) await new Promise((next) => setTimeout(next, 50));
    last = performance.now();
    child.stdin.write(key);
  }
  const end = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await closed;
  clearTimeout(end);
}
