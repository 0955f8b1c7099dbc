/**
 * Installs the distribution's Redis if that needs no prompt. Only the program is needed: the service that Debian's package would start
 * on 6379, now and at boot, is disabled.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface System {
  platform: NodeJS.Platform;
  /** Contents of /etc/os-release. */
  osRelease: string;
  isRoot: boolean;
  /** sudo without a password. */
  hasSudo: boolean;
}

type Command = string[];

const INSTALL_WITHIN_MS = 10 * 60_000;
const SHOWN_OUTPUT_CHARS = 600;

export const waysToRedis = `To get one:
  a package       sudo apt-get install redis-server   (Alpine: apk add redis; Fedora: dnf install redis)
  Homebrew        brew install redis
  containers      docker compose up                   (the whole system, its Redis included)
or set REDIS_URL to an existing Redis.`;

/**
 * Ways to install, each a list of commands, tried until a server is on the PATH. Empty: not possible without a prompt.
 * `noServices`: a folder of no-op commands that replace those with which a Debian package starts its service.
 */
export function waysToInstall(system: System, noServices: string): Command[][] {
  const { platform, osRelease, isRoot, hasSudo } = system;
  // Homebrew refuses to run as root.
  if (platform === 'darwin')
    return isRoot ? [] : [[['brew', 'install', 'redis']], [['brew', 'install', 'valkey']]];
  if (platform !== 'linux' || !(isRoot || hasSudo)) return [];
  const asRoot = (way: Command[]) => way.map((command) => (isRoot ? command : ['sudo', '-n', ...command]));
  return packageWays(osRelease, noServices).map(asRoot);
}

function packageWays(osRelease: string, noServices: string): Command[][] {
  const isLike = (names: string) => new RegExp(`^ID(_LIKE)?=.*\\b(${names})\\b`, 'm').test(osRelease);
  if (isLike('debian|ubuntu')) {
    const apt = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-o', 'DPkg::Lock::Timeout=60'];
    const path = `DPkg::Path=${noServices}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
    const install = [...apt, '-o', path, 'install', '-y', '--no-install-recommends', 'redis-server'];
    const noBoot = ['update-rc.d', 'redis-server', 'disable'];
    return [
      [install, noBoot],
      [[...apt, 'update'], install, noBoot],
    ];
  }
  if (isLike('alpine'))
    return [[['apk', 'add', '--no-cache', 'redis']], [['apk', 'add', '--no-cache', 'valkey']]];
  if (isLike('fedora|rhel|centos'))
    return [[['dnf', 'install', '-y', 'redis']], [['dnf', 'install', '-y', 'valkey']]];
  return [];
}

/** Resolves with the last failure; `isThere` decides whether it succeeded. */
export async function installServer(
  say: (line: string) => void,
  isThere: () => Promise<boolean>,
): Promise<string> {
  const noServices = mkdtempSync(join(tmpdir(), 'skywire-inbox-install-'));
  try {
    for (const name of ['invoke-rc.d', 'deb-systemd-invoke'])
      symlinkSync('/bin/true', join(noServices, name));
    let trouble = 'none can be installed here without a prompt';
    for (const way of waysToInstall(await thisSystem(), noServices)) {
      const name = way
        .map((command) => command.filter((word) => !/[=:]|^-o$|^env$/.test(word)).join(' '))
        .join(' && ');
      say(`No Redis on the PATH: installing it with "${name}" (REDIS_INSTALL=0 prevents this)`);
      for (const command of way) {
        const output = await failureOf(command);
        if (output === undefined) continue;
        trouble = `"${command.join(' ')}" failed: ${output}`;
        break;
      }
      if (await isThere()) return '';
    }
    return trouble;
  } finally {
    rmSync(noServices, { recursive: true, force: true });
  }
}

async function thisSystem(): Promise<System> {
  const isRoot = process.getuid?.() === 0;
  const hasSudo =
    !isRoot && process.platform === 'linux' && (await failureOf(['sudo', '-n', 'true'])) === undefined;
  let osRelease = '';
  try {
    osRelease = readFileSync('/etc/os-release', 'utf8');
  } catch {
    // No os-release: not Linux, or an unknown distribution.
  }
  return { platform: process.platform, osRelease, isRoot, hasSudo };
}

/** undefined: success. Otherwise the end of its output. */
function failureOf([program, ...args]: Command): Promise<string | undefined> {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: INSTALL_WITHIN_MS });
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-SHOWN_OUTPUT_CHARS);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) =>
      resolve(code === 0 ? undefined : output.trim() || `${code ?? signal}`),
    );
  });
}
