/** Containers that share a DATA_DIR: processes in pid namespaces of their own, which see nothing of each other's processes. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

const unshare = ['--pid', '--mount', '--fork', '--mount-proc', '--kill-child'];
const hasNamespaces = (() => {
  try {
    execFileSync('unshare', [...unshare, 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();
if (!hasNamespaces) console.warn('SKIPPED: this user may not unshare pid namespaces');

let root: string;
let dataDir: string;
const containers: Container[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'skywire-inbox-containers-'));
  dataDir = join(root, 'data');
  mkdirSync(dataDir);
});
afterEach(async () => {
  for (const { kill } of containers.splice(0)) kill();
  await vi.waitFor(() => expect(servers()).toEqual([]), 10_000);
  rmSync(root, { recursive: true, force: true });
});

/** Pids of all servers on the files, whatever their namespace. */
function servers(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        const isServer = /redis-server|valkey-server/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
        // By its inode: a container may have it mounted elsewhere.
        return isServer && statSync(`/proc/${pid}/cwd`).ino === statSync(join(dataDir, 'redis')).ino;
      } catch {
        return false;
      }
    });
}

const script = `
  import { useOwnServer } from ${JSON.stringify(pathToFileURL(resolve('dist/src/own-server/own-server.js')).href)};
  const say = (line) => console.log('said ' + line);
  useOwnServer({ dataDir: process.argv[1], mayInstall: false, say }).then(
    (used) => {
      console.log('joined ' + used.address.path);
      process.stdin.once('data', () => used.stop().then(() => process.exit(0)));
    },
    (error) => {
      console.log('failed ' + error.message.replaceAll('\\n', ' '));
      process.exit(1);
    },
  );`;

interface Container {
  output: () => string;
  joined: () => Promise<string>;
  failed: () => Promise<string>;
  leave: () => Promise<void>;
  kill: () => void;
}

/** `at`: where it has the folder mounted. */
function container(at = dataDir): Container {
  const mount = at === dataDir ? '' : `mkdir -p ${at} && mount --bind ${dataDir} ${at} && `;
  // Not the first process of its namespace, as under an init.
  const command = `${mount}${process.execPath} --input-type=module -e "$SCRIPT" ${at}; exit $?`;
  const child: ChildProcess = spawn('unshare', [...unshare, 'sh', '-c', command], {
    env: { ...process.env, SCRIPT: script },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const told = (word: string) =>
    vi.waitFor(
      () => {
        const line = output.split('\n').find((one) => one.startsWith(`${word} `));
        if (!line) throw new Error(`no "${word}" in: ${output}`);
        return line.slice(word.length + 1);
      },
      { timeout: 40_000, interval: 20 },
    );
  const made: Container = {
    output: () => output,
    joined: () => told('joined'),
    failed: () => told('failed'),
    async leave() {
      child.stdin!.write('leave\n');
      await vi.waitFor(() => expect(child.exitCode).toBe(0), 15_000);
    },
    kill: () => child.kill('SIGKILL'),
  };
  containers.push(made);
  return made;
}

async function withRedis<T>(path: string, ask: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis({ path, maxRetriesPerRequest: 1 });
  redis.on('error', () => undefined);
  try {
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}

describe.skipIf(!hasNamespaces)('two containers on one DATA_DIR', () => {
  test.each([1, 2, 3])(
    'that start together share one server (%d)',
    async () => {
      const both = [container(), container(), container()];
      const paths = await Promise.all(both.map(({ joined }) => joined()));
      expect(new Set(paths).size).toBe(1);
      expect(servers()).toHaveLength(1);
      expect(await withRedis(paths[0]!, (redis) => redis.ping())).toBe('PONG');
    },
    60_000,
  );

  test('the second starts no server while the first one is stopped', async () => {
    const path = await container().joined();
    await withRedis(path, (redis) => redis.set('key', 'value'));
    const [pid] = servers();
    process.kill(pid!, 'SIGSTOP');
    const second = container();
    await vi.waitFor(() => expect(second.output()).toContain('Waiting for the embedded Redis'), 15_000);
    expect(servers()).toEqual([pid]);
    process.kill(pid!, 'SIGCONT');
    await second.joined();
    expect(servers()).toEqual([pid]);
    expect(await withRedis(path, (redis) => redis.get('key'))).toBe('value');
  }, 60_000);

  test('the second, with the folder mounted elsewhere, says why it cannot use it', async () => {
    await container().joined();
    const [pid] = servers();
    expect(await container(join(root, 'elsewhere')).failed()).toMatch(/in use.*another container.*REDIS_URL/);
    expect(servers()).toEqual([pid]);
  }, 60_000);

  test('the first to leave does not take the server from the second', async () => {
    const [first, second] = [container(), container()];
    const [path] = await Promise.all([first.joined(), second.joined()]);
    await withRedis(path, (redis) => redis.set('key', 'value'));
    const guest = [first, second].find(({ output }) => /already running/.test(output()))!;
    await guest.leave();
    expect(await withRedis(path, (redis) => redis.get('key'))).toBe('value');
  }, 60_000);

  test('once one was killed with its server, the other has the data at once', async () => {
    const first = container();
    const path = await first.joined();
    await withRedis(path, (redis) => redis.set('key', 'value'));
    first.kill();
    await vi.waitFor(() => expect(servers()).toEqual([]), 10_000);
    const begunAt = performance.now();
    await container().joined();
    expect(performance.now() - begunAt).toBeLessThan(15_000);
    expect(await withRedis(path, (redis) => redis.get('key'))).toBe('value');
  }, 60_000);
});
