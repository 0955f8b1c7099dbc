/** A row of the fault table: run once, or as often as `--repeat` says, each run with moments of its own. */
import { randomInt } from 'node:crypto';
import { inject, onTestFailed, test } from 'vitest';
import { createMoments, type Moments } from '../fixtures/moments.ts';

/** One run of a row. What is missing was not reached. */
export interface FaultRun {
  fault: string;
  /** The nth run, of so many. */
  nth: number;
  of: number;
  seed: number;
  /** When it struck, in words. */
  moments: readonly string[];
  happened?: string;
  matches?: number;
  lost?: number;
  duplicated?: number;
  recoveryMs?: number;
}

declare module 'vitest' {
  interface TaskMeta {
    fault?: FaultRun;
  }
  // vitest.faults.config.ts provides them; elsewhere they are undefined.
  interface ProvidedContext {
    faultSeed: number | undefined;
    faultRepeat: number | undefined;
  }
}

const seed = inject('faultSeed') ?? randomInt(2 ** 31);
const of = inject('faultRepeat') ?? 1;

export function row(
  fault: string,
  timeoutMs: number,
  run: (row: FaultRun, moments: Moments) => Promise<void>,
): void {
  for (let nth = 1; nth <= of; nth += 1) {
    const title = of > 1 ? `${fault}, ${nth} of ${of}` : fault;
    test(
      title,
      async ({ task }) => {
        const moments = createMoments(seed, `${fault} ${nth}`);
        const about: FaultRun = { fault, nth, of, seed, moments: moments.chosen };
        task.meta.fault = about;
        onTestFailed(() => {
          process.stderr.write(`${title}: seed ${seed}; ${moments.chosen.join(', ')}\n`);
        });
        await run(about, moments);
      },
      timeoutMs,
    );
  }
}
