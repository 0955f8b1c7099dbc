/**
 * Named points at which a process kills itself with SIGKILL. For tests only: armed by
 * SKYWIRE_INBOX_CRASH_AT=<point>[:<pass>], never where NODE_ENV is production.
 */
import { readEnvironment } from '../config/config.ts';

export type CrashPoint =
  | 'pump.mid-add'
  | 'pump.before-add'
  | 'pump.after-add'
  | 'worker.before-write'
  | 'worker.after-write'
  | 'worker.before-complete'
  | 'worker.after-complete'
  | 'worker.poison'
  | 'trimmer.before-trim';

interface Armed {
  point: string;
  /** Kills the process when this reaches 0. */
  passesLeft: number;
}

let armed: Armed | undefined;
let isRead = false;

/** Whether this point is armed, for this pass or a later one. */
export function isArmed(point: CrashPoint): boolean {
  if (!isRead) armed = readArmed();
  isRead = true;
  return armed?.point === point;
}

export function crashPoint(point: CrashPoint): void {
  if (!isArmed(point) || !armed) return;
  armed.passesLeft -= 1;
  if (armed.passesLeft <= 0) process.kill(process.pid, 'SIGKILL');
}

function readArmed(): Armed | undefined {
  const env = readEnvironment();
  const [point, pass = '1'] = (env['SKYWIRE_INBOX_CRASH_AT'] ?? '').split(':');
  if (!point || env['NODE_ENV'] === 'production') return undefined;
  return { point, passesLeft: Number(pass) };
}
