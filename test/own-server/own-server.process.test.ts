/** Other processes run the built product; one use in this process and one in another are told apart by nothing but their pids. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { OwnServerError, useOwnServer } from '../../src/own-server/own-server.ts';

type Used = Awaited<ReturnType<typeof useOwnServer>>;
type Address = Extract<Used['address'], { kind: 'socket' }>;

let root: string;
let dataDir: string;
let said: string[];
const uses: Used[] = [];
const clients: Redis[] = [];
const children: ChildProcess[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'skywire-inbox-own-'));
  dataDir = join(root, 'data');
  said = [];
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  await Promise.all(uses.splice(0).map((use) => use.stop()));
  for (const child of children.splice(0)) child.kill('SIGKILL');
  const pid = serverPid();
  if (pid && isAlive(pid)) process.kill(pid, 'SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

const redisFolder = () => join(dataDir, 'redis');
const serverPid = () => {
  const file = join(redisFolder(), 'redis.pid');
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
};

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    // Without /proc: it took the signal, so it is there.
    return (error as NodeJS.ErrnoException).syscall !== 'kill' && !existsSync('/proc/self');
  }
}

async function use(): Promise<Used & { address: Address }> {
  const used = await useOwnServer({ dataDir, mayInstall: false, say: (line) => said.push(line) });
  uses.push(used);
  return used as Used & { address: Address };
}

function client({ path }: Address): Redis {
  const made = new Redis({ path, maxRetriesPerRequest: 1 });
  made.on('error', () => undefined);
  clients.push(made);
  return made;
}

const script = `
  import { useOwnServer } from ${JSON.stringify(pathToFileURL(resolve('dist/src/own-server/own-server.js')).href)};
  const [, dataDir, mayInstall] = process.argv;
  const say = (said) => process.send({ said });
  try {
    const used = await useOwnServer({ dataDir, mayInstall: mayInstall === '1', say });
    process.once('message', () => used.stop().then(() => process.disconnect()));
    process.send({ address: used.address });
  } catch (error) {
    process.send({ failed: error.name + ': ' + error.message });
    process.disconnect();
  }`;

/** A role process of its own. */
function fork(options: { path?: string; mayInstall?: boolean } = {}) {
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', script, dataDir, options.mayInstall ? '1' : '0'],
    {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, ...(options.path && { PATH: options.path }) },
    },
  );
  children.push(child);
  const lines: string[] = [];
  const address = new Promise<Address>((done, fail) => {
    child.on('message', (message: { said?: string; address?: Address; failed?: string }) => {
      if (message.said) lines.push(message.said);
      if (message.address) done(message.address);
      if (message.failed) fail(new Error(message.failed));
    });
    child.once('exit', () => fail(new Error('the process ended')));
  });
  address.catch(() => undefined);
  const end = async (how: () => void) => {
    const exit = once(child, 'exit');
    how();
    await exit;
  };
  return {
    address,
    lines,
    stop: () => end(() => child.send('stop')),
    kill9: () => end(() => child.kill('SIGKILL')),
  };
}

async function killServer(): Promise<number> {
  const pid = serverPid()!;
  process.kill(pid, 'SIGKILL');
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 15_000);
  return pid;
}

describe('the embedded server', () => {
  test('is durable, never evicts, takes no snapshots, and is for this user alone', async () => {
    const { address } = await use();
    const redis = client(address);
    expect(await redis.info('persistence')).toContain('aof_enabled:1');
    const settings = await redis.config('GET', '*');
    const setting = (name: string) => settings[settings.indexOf(name) + 1];
    expect(setting('appendfsync')).toBe('everysec');
    expect(setting('maxmemory-policy')).toBe('noeviction');
    expect(setting('save')).toBe('');
    expect(setting('port')).toBe('0');
    expect(statSync(address.path).mode & 0o777).toBe(0o700);
    const conf = join(redisFolder(), 'redis.conf');
    expect(statSync(conf).mode & 0o777).toBe(0o600);
    expect(statSync(redisFolder()).mode & 0o777).toBe(0o700);
  });

  test('keeps its data and its address from one start to the next', async () => {
    const first = await use();
    await client(first.address).set('key', 'value');
    await first.stop();
    const second = await use();
    expect(second.address).toEqual(first.address);
    expect(await client(second.address).get('key')).toBe('value');
  });

  test('has its socket elsewhere where the path of the folder is too long for one', async () => {
    const deep = join(root, 'd'.repeat(100));
    const used = await useOwnServer({ dataDir: deep, mayInstall: false, say: () => undefined });
    uses.push(used);
    expect((used.address as Address).path).not.toContain(deep);
    expect(await client(used.address as Address).ping()).toBe('PONG');
  });

  test('of another folder is not taken, although the settings name its socket', async () => {
    const first = await use();
    const copy = join(root, 'copy');
    mkdirSync(join(copy, 'redis'), { recursive: true });
    for (const name of ['redis.conf', 'redis.pid'])
      writeFileSync(join(copy, 'redis', name), readFileSync(join(redisFolder(), name)));
    const second = await useOwnServer({ dataDir: copy, mayInstall: false, say: () => undefined });
    uses.push(second);
    expect((second.address as Address).path).not.toBe(first.address.path);
    await second.stop();
    expect(await client(first.address).ping()).toBe('PONG');
  });
});

describe('one folder', () => {
  test('has one server, and whoever leaves last ends it', async () => {
    const here = await use();
    const there = fork();
    expect(await there.address).toEqual(here.address);
    const pid = serverPid()!;
    await here.stop();
    expect(await client(here.address).ping()).toBe('PONG');
    await there.stop();
    expect(isAlive(pid)).toBe(false);
  });

  test('has one server, however many start at the same moment', async () => {
    const all = [fork(), fork(), fork(), fork()];
    const addresses = await Promise.all([
      ...all.map((one) => one.address),
      use().then((used) => used.address),
    ]);
    expect(new Set(addresses.map((address) => address.path)).size).toBe(1);
    const starts = [...said, ...all.flatMap((one) => one.lines)].filter((line) => line.includes(' started '));
    expect(starts).toHaveLength(1);
    const pid = serverPid()!;
    await Promise.all([...all.map((one) => one.stop()), ...uses.map((used) => used.stop())]);
    expect(isAlive(pid)).toBe(false);
    expect(readdirSync(join(redisFolder(), 'users'))).toEqual([]);
  });

  test('of a killed process is taken over, and its user no longer counts', async () => {
    const killed = fork();
    const address = await killed.address;
    const pid = serverPid()!;
    await killed.kill9();
    const next = await use();
    expect(next.address).toEqual(address);
    expect(serverPid()).toBe(pid);
    await next.stop();
    expect(isAlive(pid)).toBe(false);
  });

  test('whose lock was held by a killed process is not locked', async () => {
    const first = await use();
    await first.stop();
    const dead = spawn(process.execPath, ['-e', '']);
    await once(dead, 'exit');
    const newest = Math.max(
      ...readdirSync(redisFolder()).map((name) => Number(/^lock\.(\d+)$/.exec(name)?.[1] ?? 0)),
    );
    // The pid is living, but it is not the process that took the lock.
    symlinkSync(`${dead.pid}.1`, join(redisFolder(), `lock.${newest + 1}`));
    symlinkSync(`${process.pid}.1`, join(redisFolder(), `lock.${newest + 2}`));
    const second = await use();
    expect(await client(second.address).ping()).toBe('PONG');
  });

  test('gives no second server to a server that is stopped for a while', async () => {
    const first = await use();
    const pid = serverPid()!;
    process.kill(pid, 'SIGSTOP');
    const second = use();
    await vi.waitFor(() => expect(said.join()).toContain('Waiting for the embedded Redis'), {
      timeout: 10_000,
    });
    process.kill(pid, 'SIGCONT');
    expect((await second).address).toEqual(first.address);
    expect(serverPid()).toBe(pid);
  });
});

describe('a server that was killed', () => {
  test('comes back at the same address with its data, each time, with one line each', async () => {
    const { address } = await use();
    const redis = client(address);
    await redis.set('key', 'value');
    for (const kills of [1, 2]) {
      const pid = await killServer();
      await vi.waitFor(async () => expect(await redis.get('key')).toBe('value'), { timeout: 10_000 });
      expect(serverPid()).not.toBe(pid);
      expect(said.filter((line) => /ended unexpectedly \(SIGKILL\)|retrying/.test(line))).toHaveLength(kills);
    }
  });

  test('does not come back once its user has left', async () => {
    const used = await use();
    await killServer();
    await used.stop();
    expect(
      await client(used.address)
        .ping()
        .catch(() => 'gone'),
    ).toBe('gone');
    expect(isAlive(serverPid()!)).toBe(false);
  });
});

describe('stop', () => {
  test('twice is one stop', async () => {
    const used = await use();
    const pid = serverPid()!;
    await Promise.all([used.stop(), used.stop()]);
    await used.stop();
    expect(isAlive(pid)).toBe(false);
  });

  test('ends a server that does not listen to reason, within 8 s', async () => {
    const used = await use();
    const pid = serverPid()!;
    process.kill(pid, 'SIGSTOP');
    const begunAt = Date.now();
    await used.stop();
    expect(Date.now() - begunAt).toBeLessThan(8_000);
    expect(isAlive(pid)).toBe(false);
  });

  test('ends the server although its folder was removed', async () => {
    const used = await use();
    const pid = serverPid()!;
    rmSync(dataDir, { recursive: true });
    await used.stop();
    expect(isAlive(pid)).toBe(false);
  });
});

describe('what cannot work is said:', () => {
  const failure = async () => {
    const error = await use().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OwnServerError);
    return (error as Error).message;
  };

  test('a DATA_DIR that is a file', async () => {
    writeFileSync(dataDir, '');
    expect(await failure()).toMatch(/DATA_DIR \(.*data\): .*Point DATA_DIR at a folder/);
  });

  test('a damaged append-only file, with the end of the log and the way to repair it', async () => {
    const first = await use();
    const redis = client(first.address);
    await redis.set('key', 'value');
    await first.stop();
    const aofFolder = join(redisFolder(), 'appendonlydir');
    const aof = existsSync(aofFolder)
      ? join(aofFolder, readdirSync(aofFolder).find((name) => name.endsWith('.incr.aof'))!)
      : join(redisFolder(), 'appendonly.aof');
    writeFileSync(aof, `this is no command\r\n${readFileSync(aof, 'latin1')}`, 'latin1');
    const message = await failure();
    expect(message).toMatch(/does not start.*redis-check-aof --fix.*redis\.log\n[^]*Bad file format/);
    expect(readdirSync(join(redisFolder(), 'users'))).toEqual([]);
  });

  test('files of a newer Valkey, which are not damaged', async () => {
    const files = join(redisFolder(), 'appendonlydir');
    mkdirSync(files, { recursive: true });
    const base = 'appendonly.aof.1.base.rdb';
    writeFileSync(join(files, 'appendonly.aof.manifest'), `file ${base} seq 1 type b\n`);
    writeFileSync(join(files, base), 'VALKEY999 and what such a one would understand');
    const message = await failure();
    expect(message).toMatch(
      /were written by (Valkey 9 or later|a newer version)\b[^.]*: put that one on the PATH/,
    );
    // The end of the server's own log, which follows, may say so.
    expect(message.split(' Its log: ')[0]).not.toContain('--fix');
  });

  test('a server that is too old', async () => {
    const bin = join(root, 'bin');
    mkdirSync(bin);
    stub(
      bin,
      'redis-server',
      'echo "Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64 build=0"',
    );
    await expect(fork({ path: bin, mayInstall: true }).address).rejects.toThrow(
      /OwnServerError: redis-server .* is 6\.0\.16; Redis 6\.2 or later/,
    );
  });
});

test.runIf(existsSync('/etc/debian_version'))(
  'where none is on the PATH, the package is installed after an update, and its server started',
  async () => {
    const bin = join(root, 'bin');
    mkdirSync(bin);
    const real = process.env['PATH']!.split(delimiter)
      .map((folder) => join(folder, 'redis-server'))
      .find(existsSync)!;
    // Only the package manager is a stand-in, which first knows of no package.
    stub(
      bin,
      'apt-get',
      `case "$*" in
      *update) : > ${bin}/updated ;;
      *install*redis-server) echo "$@" >> ${bin}/calls; [ -e ${bin}/updated ] && /bin/ln -s ${real} ${bin}/redis-server ;;
    esac`,
    );
    stub(bin, 'sudo', 'shift; exec "$@"');
    stub(bin, 'update-rc.d', ':');
    for (const name of ['env', 'true']) symlinkSync(`/usr/bin/${name}`, join(bin, name));
    const installing = fork({ path: bin, mayInstall: true });
    expect(await client(await installing.address).ping()).toBe('PONG');
    expect(installing.lines).toEqual([
      expect.stringMatching(/installing it with ".*apt-get install.* redis-server/),
      expect.stringMatching(/installing it with ".*apt-get update && .*apt-get install.* redis-server/),
      expect.stringContaining('redis-server'),
    ]);
    expect(readFileSync(join(bin, 'calls'), 'utf8')).toContain('DPkg::Path=');
    await installing.stop();
  },
);

function stub(folder: string, name: string, body: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
  chmodSync(join(folder, name), 0o755);
}
