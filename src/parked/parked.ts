/** What the operator's pages need for parked matches: index, retry runs, discards, operator log. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Queues } from '../lanes/queues.ts';
import type { Logger } from '../observe/logger.ts';
import type { RedisClient } from '../redis/connections.ts';
import { type ByHand, createByHand } from './by-hand.ts';
import { type Discards, startDiscards } from './discard/discards.ts';
import { createExports, type Exports } from './discard/exported.ts';
import { createDiscardStore } from './discard/store.ts';
import { createParkedIndex, type ParkedIndex } from './index/parked-index.ts';
import { createOperatorLog, type OperatorLog } from './operator-log.ts';
import { type RetryRuns, startRetryRuns } from './retry/runs.ts';
import { createRunStore } from './retry/store.ts';

export interface Parked {
  index: ParkedIndex;
  runs: RetryRuns;
  discards: Discards;
  exported: Exports;
  operatorLog: OperatorLog;
  byHand: ByHand;
  /** Idempotent. */
  stop(): Promise<void>;
}

/** Keeps the index loaded for the next visit of the page. */
const REFRESH_EVERY_MS = 10_000;

/** `windowMs`: the replay window. */
export function startParked(deps: {
  client: RedisClient;
  queues: Queues;
  log: Logger;
  windowMs: number;
  onDiscarded?: (count: number) => void;
}): Parked {
  const { client, queues, windowMs } = deps;
  const index = createParkedIndex(client, queues);
  const operatorLog = createOperatorLog(client);
  const store = createRunStore(client);
  const runs = startRetryRuns({ ...deps, index, store, operatorLog });
  const byHand = createByHand(client, windowMs);
  const exported = createExports(client);
  const discards = startDiscards({
    ...deps,
    index,
    store: createDiscardStore(client),
    exported,
    byHand,
    operatorLog,
  });
  const stopping = new AbortController();
  const { signal } = stopping;
  void keepFresh();

  async function keepFresh(): Promise<void> {
    while (!signal.aborted) {
      // Requests report an outage themselves, with a 503.
      await index.refresh().catch(() => undefined);
      await pause(REFRESH_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  return {
    index,
    runs,
    discards,
    exported,
    operatorLog,
    byHand,
    async stop() {
      stopping.abort();
      await Promise.all([runs.stop(), discards.stop()]);
    },
  };
}
