/** Carries out a plan of blows against the crews and Redis, and counts what was really hit. */
import { setTimeout as pause } from 'node:timers/promises';
import type { TestRedis } from '../fixtures/redis.ts';
import type { Crew, Member } from './crew.ts';
import type { Blow, PlannedBlow } from './plan.ts';

export interface StormOptions {
  plan: readonly PlannedBlow[];
  redis: TestRedis;
  pumps: Crew;
  workers: Crew;
  webs: Crew;
  signal: AbortSignal;
}

export interface Storm {
  hits: Map<Blow, number>;
  /** Resolves when the last blow is over and Redis is back. */
  done: Promise<void>;
}

export function startStorm({ plan, redis, pumps, workers, webs, signal }: StormOptions): Storm {
  const hits = new Map<Blow, number>();
  const client = redis.client();
  const crews: Record<string, Crew> = { worker: workers, pump: pumps, web: webs };
  const lasting = new Set<Promise<void>>();
  const sleep = (ms: number) => pause(ms, undefined, { signal }).catch(() => undefined);

  async function run(): Promise<void> {
    const begun = performance.now();
    for (const blow of plan) {
      await sleep(Math.max(0, begun + blow.atMs - performance.now()));
      if (signal.aborted) break;
      const lasts = strike(blow).finally(() => lasting.delete(lasts));
      lasting.add(lasts);
    }
    await Promise.all(lasting);
  }

  async function strike({ blow, victim, forMs }: PlannedBlow): Promise<void> {
    const [who, how] = blow.split(' ') as [string, string];
    if (blow === 'connections cut') {
      await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes').then(
        () => count(blow),
        () => undefined,
      );
    } else if (who === 'Redis') {
      await strikeRedis(how, forMs);
      count(blow);
    } else {
      const member = await someVictim(crews[who]!, victim);
      if (!member) return;
      count(blow);
      await strikeRole(member, how, forMs);
    }
  }

  async function strikeRedis(how: string, forMs: number): Promise<void> {
    if (how === 'SIGSTOP') {
      const { pid } = redis;
      process.kill(pid, 'SIGSTOP');
      await sleep(forMs);
      process.kill(pid, 'SIGCONT');
      return;
    }
    await redis.kill9();
    await sleep(forMs);
    await redis.restart();
  }

  async function strikeRole(member: Member, how: string, forMs: number): Promise<void> {
    if (how !== 'SIGSTOP') {
      member.hitBy = how === 'kill' ? 'SIGKILL' : how;
      member.role.signal(member.hitBy as NodeJS.Signals);
      return;
    }
    member.isStopped = true;
    member.role.signal('SIGSTOP');
    await sleep(forMs);
    member.role.signal('SIGCONT');
    member.isStopped = false;
  }

  /** Waits a moment for one that is up: after Redis came back all of them may be starting. */
  async function someVictim(crew: Crew, share: number): Promise<Member | undefined> {
    for (let tries = 0; tries < 100 && !signal.aborted; tries += 1) {
      const victims = crew.victims();
      if (victims.length) return victims[Math.floor(share * victims.length)];
      await sleep(200);
    }
    return undefined;
  }

  const count = (blow: Blow) => hits.set(blow, (hits.get(blow) ?? 0) + 1);
  return { hits, done: run() };
}
