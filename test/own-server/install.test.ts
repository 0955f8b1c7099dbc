import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type System, waysToInstall } from '../../src/own-server/install.ts';
import { OwnServerError, useOwnServer } from '../../src/own-server/own-server.ts';

const linux: System = { platform: 'linux', osRelease: '', isRoot: true, hasSudo: false };
const debian = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n';
const ubuntu = 'ID=ubuntu\nID_LIKE=debian\n';
const mint = 'ID=linuxmint\nID_LIKE="ubuntu debian"\n';
const alpine = 'ID=alpine\n';
const fedora = 'ID=fedora\n';
const rocky = 'ID="rocky"\nID_LIKE="rhel centos fedora"\n';

const lines = (system: System) =>
  waysToInstall(system, '/quiet').map((way) => way.map((words) => words.join(' ')));

describe('the ways to install', () => {
  test.each([debian, ubuntu, mint])('are apt-get, then apt-get after an update, on %j', (osRelease) => {
    const [first, second, ...rest] = lines({ ...linux, osRelease });
    expect(first![0]).toMatch(/^env DEBIAN_FRONTEND=noninteractive apt-get .* install -y .* redis-server$/);
    expect(second![0]).toMatch(/apt-get .* update$/);
    expect(second!.slice(1)).toEqual(first);
    expect(rest).toEqual([]);
  });

  test('on Debian start no service: its commands come from a folder where they do nothing, and it is switched off', () => {
    const [first] = lines({ ...linux, osRelease: debian });
    expect(first![0]).toContain(' -o DPkg::Path=/quiet:');
    expect(first![1]).toBe('update-rc.d redis-server disable');
  });

  test.each([
    [alpine, [['apk add --no-cache redis'], ['apk add --no-cache valkey']]],
    [fedora, [['dnf install -y redis'], ['dnf install -y valkey']]],
    [rocky, [['dnf install -y redis'], ['dnf install -y valkey']]],
  ])('are Redis, then Valkey, on %j', (osRelease, ways) => {
    expect(lines({ ...linux, osRelease })).toEqual(ways);
  });

  test('are Homebrew on macOS, but not as root', () => {
    expect(lines({ ...linux, platform: 'darwin', isRoot: false })[0]).toEqual(['brew install redis']);
    expect(lines({ ...linux, platform: 'darwin', isRoot: true })).toEqual([]);
  });

  test('go through a sudo that asks nothing where the user is not root, and are none without it', () => {
    const system = { ...linux, osRelease: alpine, isRoot: false };
    expect(lines({ ...system, hasSudo: true })[0]).toEqual(['sudo -n apk add --no-cache redis']);
    expect(lines({ ...system, hasSudo: false })).toEqual([]);
  });

  test.each(['', 'ID=arch\n', 'ID=nixos\nNAME="not debian"\n'])(
    'are none on a system like %j',
    (osRelease) => {
      expect(lines({ ...linux, osRelease })).toEqual([]);
    },
  );
});

describe('with no Redis on the PATH', () => {
  const path = process.env['PATH'];
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'skywire-inbox-install-test-'));
    process.env['PATH'] = folder;
  });
  afterEach(() => {
    process.env['PATH'] = path;
    rmSync(folder, { recursive: true });
  });

  async function refusal(mayInstall: boolean) {
    const said: string[] = [];
    const dataDir = join(folder, 'data');
    const error = await useOwnServer({ dataDir, mayInstall, say: (line) => said.push(line) }).catch(
      (thrown) => thrown,
    );
    expect(error).toBeInstanceOf(OwnServerError);
    expect(existsSync(join(dataDir, 'redis', 'redis.conf'))).toBe(false);
    return { message: (error as Error).message, said };
  }

  test('and REDIS_INSTALL=0, nothing is installed, and the three ways and REDIS_URL are told', async () => {
    const { message, said } = await refusal(false);
    expect(message).toContain('REDIS_INSTALL=0');
    expect(message).toMatch(
      /apt-get install redis-server[^]*brew install redis[^]*docker compose up[^]*REDIS_URL/,
    );
    expect(said).toEqual([]);
  });

  test('and no means to install it, that is told with the same ways', async () => {
    const { message } = await refusal(true);
    expect(message).toMatch(/failed|without a prompt/);
    expect(message).toContain('docker compose up');
  });
});
