/** Whether a process is still running. A pid alone is not enough: the system reuses it. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { isPresent } from './presence.ts';

let count = 0;

/** A user of a folder: the process' pid and, on Linux, its start time and pid namespace. One process may be several users. */
export function newUser(): string {
  count += 1;
  return [process.pid, startOf(process.pid), ownNamespace, count].filter((part) => part !== '').join('.');
}

/** Users named by earlier versions have only the first two parts, and count as being in this namespace. */
export async function isLiving(folder: string, user: string): Promise<boolean> {
  const [pid, start, namespace] = user.split('.');
  if (namespace?.startsWith('n') && namespace !== ownNamespace) return isPresent(folder, user);
  return isRunning(Number(pid)) && startOf(Number(pid)) === start;
}

/** `n` and a number; '' if there are none. */
const ownNamespace = (() => {
  try {
    return `n${/\d+/.exec(readlinkSync('/proc/self/ns/pid'))![0]}`;
  } catch {
    return '';
  }
})();

/** Whether the process is a Redis server running in this folder. */
export function isServerIn(pid: number, folder: string): boolean {
  if (!isRunning(pid)) return false;
  try {
    if (process.platform !== 'linux') {
      return isServerTitle(execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }));
    }
    const workingFolder = readlinkSync(`/proc/${pid}/cwd`).replace(/ \(deleted\)$/, '');
    return workingFolder === folder && isServerTitle(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false; // It ended meanwhile.
  }
}

const isServerTitle = (title: string): boolean => /(redis|valkey)-server/.test(title);

/** A zombie counts as ended. */
export function isRunning(pid: number): boolean {
  // 0 and below address process groups.
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return statOf(pid)?.[0] !== 'Z';
}

const startOf = (pid: number): string => statOf(pid)?.[19] ?? '0';

/** The fields of /proc/<pid>/stat after the name (which may contain spaces and parentheses): state first. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
