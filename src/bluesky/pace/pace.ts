/**
 * Rate limit, pauses and circuit breaker of each called server, shared by all processes through Redis. States of a server:
 * closed → (5 failures in a row) open for 15 s → one trial → closed, or open again. A 429 pauses calls for as long as it says.
 */
import type { RedisClient } from '../../redis/connections.ts';
import { askedServerKey } from '../../redis/keys.ts';
import { loadScript, runScript } from '../../redis/scripts.ts';

const here = (file: string): URL => new URL(file, import.meta.url);
const enterScript = loadScript(here('enter.lua'));
const reportScript = loadScript(here('report.lua'));

/** AppView, the directory of DIDs, and the server of an author. */
export type ServerKind = 'appview' | 'plc' | 'pds';
const callsPerSecond: Record<ServerKind, number> = { appview: 5, plc: 20, pds: 2 };

const FAILURES = 5;
const LEFT_ALONE_MS = 15_000;
/** Longer than a call can take. */
const TRIAL_MS = 12_000;
const LONGEST_WAIT_MS = 8_000;
const LONGEST_PAUSE_MS = 15 * 60_000;
/** Pause if a 429 does not say how long. */
const PAUSE_MS = 30_000;

export interface Pace {
  /** ms to wait before the call; undefined: no call, because calls are suspended, or would have to wait longer than `patienceMs`. */
  enter(kind: ServerKind, host: string, patienceMs?: number): Promise<number | undefined>;
  answered(kind: ServerKind, host: string): Promise<void>;
  /** Returns true if calls stop because of it. */
  failed(kind: ServerKind, host: string): Promise<boolean>;
  throttled(kind: ServerKind, host: string, retryAfterMs: number | undefined): Promise<void>;
}

export function createPace(client: RedisClient): Pace {
  const report = (kind: ServerKind, host: string, how: string, pauseMs = 0) =>
    runScript(client, reportScript, [askedServerKey(kind, host)], [how, FAILURES, LEFT_ALONE_MS, pauseMs]);
  return {
    async enter(kind, host, patienceMs = LONGEST_WAIT_MS) {
      const args = [1_000 / callsPerSecond[kind], patienceMs, FAILURES, TRIAL_MS];
      const reply = await runScript(client, enterScript, [askedServerKey(kind, host)], args);
      const [waitMs] = reply as [number];
      return waitMs < 0 ? undefined : waitMs;
    },
    async answered(kind, host) {
      await report(kind, host, 'answered');
    },
    async failed(kind, host) {
      return (await report(kind, host, 'failed')) === 1;
    },
    async throttled(kind, host, retryAfterMs = PAUSE_MS) {
      await report(kind, host, 'throttled', Math.min(LONGEST_PAUSE_MS, Math.ceil(retryAfterMs)));
    },
  };
}
