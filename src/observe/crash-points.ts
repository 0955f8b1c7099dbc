/**
 * Named instants at which a process ends itself, as kill -9 would end it there. For tests alone: armed by
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
  /** At which pass it ends the process. */
  passesLeft: number;
}

let armed: Armed | undefined;
let isRead = false;

/** Whether this process ends at the point, now or at a later pass. */
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
