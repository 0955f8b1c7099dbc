/** Requests lookups for the readers of this process: collects for a moment, claims what nobody has requested yet, and adds the jobs. */
import { LOOKUPS_PER_JOB, type Lookup, lookupKinds } from '../../../queues/index.ts';
import type { Adds } from '../../lanes/job-queue.ts';
import type { Asked } from '../asked/asked.ts';
import type { Room } from '../known/room.ts';
import type { Wanted } from './wanted.ts';

export interface Asker {
  /** true: it was requested, by any process, and will be answered. false: nobody answers now. */
  ask(wanted: readonly Wanted[], gatherMs: number): Promise<boolean>;
}

export interface AskerDeps {
  asked: Pick<Asked, 'claim'>;
  room: Room;
  jobs: Adds<Lookup>;
}

/** Limits what a page of a thousand items requests at once. */
const MOST_AT_ONCE = 500;
const CLOSED_AT_MOST_MS = 5_000;

export function createAsker({ asked, room, jobs }: AskerDeps): Asker {
  let gathered = new Map<string, Wanted>();
  let flushing:
    | { at: number; timer: NodeJS.Timeout; done: Promise<boolean>; settle: (is: boolean) => void }
    | undefined;
  let closedUntil = Number.NEGATIVE_INFINITY;

  async function send(all: readonly Wanted[]): Promise<boolean> {
    if (!(await room.isThere())) return false;
    const wanted = lookupKinds
      .flatMap((kind) => all.filter((one) => one.kind === kind))
      .slice(0, MOST_AT_ONCE);
    const { closedMs, nowMs, isTaken } = await asked.claim(wanted);
    if (closedMs > 0) {
      closedUntil = performance.now() + Math.min(closedMs, CLOSED_AT_MOST_MS);
      return false;
    }
    const lookups = jobsOf(
      wanted.filter((_, at) => isTaken[at]),
      nowMs,
    );
    if (lookups.length) await jobs.add(lookups);
    return true;
  }

  function flush(): void {
    const { settle } = flushing!;
    const all = [...gathered.values()];
    gathered = new Map();
    flushing = undefined;
    // If Redis is unavailable, the page itself fails.
    send(all)
      .catch(() => false)
      .then(settle, () => settle(false));
  }

  return {
    ask(wanted, gatherMs) {
      if (wanted.length === 0 || performance.now() < closedUntil) return Promise.resolve(false);
      for (const one of wanted) gathered.set(one.name, one);
      const at = performance.now() + gatherMs;
      if (!flushing) {
        let settle: (is: boolean) => void = () => undefined;
        const done = new Promise<boolean>((resolve) => {
          settle = resolve;
        });
        flushing = { at, timer: setTimeout(flush, gatherMs).unref(), done, settle };
      } else if (at < flushing.at) {
        clearTimeout(flushing.timer);
        Object.assign(flushing, { at, timer: setTimeout(flush, gatherMs).unref() });
      }
      return flushing.done;
    },
  };
}

function jobsOf(wanted: readonly Wanted[], askedMs: number): Lookup[] {
  return lookupKinds.flatMap((kind) => {
    const some = wanted.filter((one) => one.kind === kind).map(({ argument }) => argument);
    const batches: Lookup[] = [];
    for (let at = 0; at < some.length; at += LOOKUPS_PER_JOB)
      batches.push(jobOf(kind, some.slice(at, at + LOOKUPS_PER_JOB), askedMs));
    return batches;
  });
}

function jobOf(kind: Lookup['kind'], some: readonly Wanted['argument'][], askedMs: number): Lookup {
  const member = kind === 'authors' ? 'dids' : kind === 'posts' ? 'uris' : 'posts';
  return { v: 1, kind, askedMs, [member]: some } as unknown as Lookup;
}
