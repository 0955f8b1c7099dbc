/** What was measured on, and what else ran there: figures without it say little. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

export interface Machine {
  date: string;
  cpu: string;
  cores: number;
  memoryGb: number;
  node: string;
  redis: string;
}

export function thisMachine(redisVersion: string): Machine {
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    redis: redisVersion,
  };
}

export const loadNow = (): number => Number(loadavg()[0]!.toFixed(2));

/** Linux counts CPU time in hundredths of a second, whatever the kernel's own clock. */
const MS_PER_TICK = 10;

/** CPU that the process used so far, all its threads; undefined where the system has no /proc. */
export function cpuMsOf(pid: number): number | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  if (!stat) return undefined;
  // The name in parentheses may hold spaces; behind it come state, ppid …, utime and stime as 12th and 13th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** What the process has in memory, in MB; 0 where the system has no /proc. */
export function residentMbOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readIfThere(`/proc/${pid}/status`))?.[1] ?? 0) / 1_024;
}

/** CPU that the whole machine used so far. */
export function cpuMsOfAll(): number | undefined {
  const line = /^cpu +(.*)$/m.exec(readIfThere('/proc/stat'))?.[1];
  if (!line) return undefined;
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(' ').map(Number);
  return (user + nice + system + irq + softirq + steal) * MS_PER_TICK;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
