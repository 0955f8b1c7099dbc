/**
 * The embedded server's maxmemory. It is set once the server answers, not in redis.conf: its value depends on the data that
 * was loaded, and a server started by an older version has none.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ask, numberIn } from './answers.ts';
import type { Server } from './process.ts';

const GIB = 1024 ** 3;

/**
 * How much of a machine's memory Redis may use, when it already uses `used`: three quarters, and on a small machine less, since the
 * rewrite of the append-only file and our own processes need some, too. Always more than its data takes, so that existing data fits.
 */
export function shareOf(machine: number, used: number): number {
  const share = Math.max(machine / 2, Math.min(0.75 * machine, machine - GIB));
  return Math.floor(Math.max(share, Math.min(1.25 * used, machine), 1.05 * used));
}

/** Leaves a limit that was already set, by another process or by hand. */
export async function limitMemory(server: Server, say: (line: string) => void): Promise<void> {
  const info = await ask(server, ['INFO memory']);
  if (numberIn(info, 'maxmemory') > 0) return;
  const machine = Math.min(
    numberIn(info, 'total_system_memory') || Number.POSITIVE_INFINITY,
    confinedTo(server.pid),
  );
  const limit = shareOf(machine, numberIn(info, 'used_memory'));
  const isKnown = info.includes('used_memory:') && Number.isFinite(limit);
  const answer = isKnown ? await ask(server, [`CONFIG SET maxmemory ${limit}`]) : '';
  if (answer.startsWith('+OK')) return;
  say(
    'Could not set the maxmemory of the embedded Redis: the pump takes the memory of the whole machine for its limit',
  );
}

/** The smallest limit of the process: of its cgroups and of its address space. Infinity: none, or not Linux. */
function confinedTo(pid: number): number {
  const cgroups = read(`/proc/${pid}/cgroup`).split('\n').flatMap(limitsOfCgroup);
  const addressSpace = Number(/^Max address space +(\d+)/m.exec(read(`/proc/${pid}/limits`))?.[1]);
  return Math.min(...[...cgroups, addressSpace].filter((limit) => limit > 0), Number.POSITIVE_INFINITY);
}

/**
 * From a line `hierarchy:controllers:path`: those of the group and of all above it. In a container the path may be the host's, of
 * which only the container's own group can be seen, as the root.
 */
function limitsOfCgroup(line: string): number[] {
  const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
  if (path === undefined) return [];
  if (controllers === '') return limitsAbove('/sys/fs/cgroup', path, ['memory.max', 'memory.high']);
  if (!controllers!.split(',').includes('memory')) return [];
  return limitsAbove('/sys/fs/cgroup/memory', path, ['memory.limit_in_bytes']);
}

function limitsAbove(root: string, path: string, files: readonly string[]): number[] {
  // `max` is NaN, a file that is not there is 0: both are left out.
  const limits = files.map((file) => Number(read(join(root, path, file))));
  return path === '/' ? limits : [...limits, ...limitsAbove(root, dirname(path), files)];
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
