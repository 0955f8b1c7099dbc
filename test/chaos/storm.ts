/** Carries out a plan of blows against the crews and the servers, and counts what was really hit. */
import { setTimeout as pause } from 'node:timers/promises';
import { losePower } from '../fixtures/power-loss.ts';
import type { TestRedis } from '../fixtures/redis.ts';
import type { Crew, Member } from './crew.ts';
import type { Blow, PlannedBlow } from './plan.ts';

export interface StormOptions {
  plan: readonly PlannedBlow[];
  /** The same one twice, unless the stream has its own. */
  home: TestRedis;
  skywire: TestRedis;
  pumps: Crew;
  workers: Crew;
  webs: Crew;
  relays: Crew | undefined;
  signal: AbortSignal;
}

export interface Storm {
  hits: Map<Blow, number>;
  /** Bytes that power cuts took from the append-only files. */
  cutBytes(): number;
  /** When the server of the stream died, by this machine's clock, which is that server's too. */
  deaths: readonly number[];
  /** Resolves when the last blow is over and Redis is back. */
  done: Promise<void>;
}

export function startStorm(options: StormOptions): Storm {
  const { plan, home, skywire, pumps, workers, webs, relays, signal } = options;
  const hits = new Map<Blow, number>();
  const clients = [...new Set([home, skywire])].map((server) => server.client());
  const crews: Record<string, Crew | undefined> = { worker: workers, pump: pumps, web: webs, relay: relays };
  const servers: Record<string, TestRedis> = { Redis: home, Skywire: skywire };
  /** A server is struck again only when it is back. */
  const turns = new Map<TestRedis, Promise<void>>();
  let cutBytes = 0;
  const deaths: number[] = [];
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
    const server = servers[who];
    if (blow === 'connections cut') {
      await Promise.all(
        clients.map((client) => client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')),
      ).then(
        () => count(blow),
        () => undefined,
      );
    } else if (server) {
      const turn = (turns.get(server) ?? Promise.resolve()).then(() => strikeServer(server, how, forMs));
      turns.set(server, turn);
      await turn;
      count(blow);
    } else {
      const member = await someVictim(crews[who]!, victim);
      if (!member) return;
      count(blow);
      await strikeRole(member, how, forMs);
    }
  }

  async function strikeServer(server: TestRedis, how: string, forMs: number): Promise<void> {
    if (how === 'SIGSTOP') {
      const { pid } = server;
      process.kill(pid, 'SIGSTOP');
      await sleep(forMs);
      process.kill(pid, 'SIGCONT');
      return;
    }
    await server.kill9();
    if (server === skywire) deaths.push(Date.now());
    if (how === 'power') cutBytes += losePower(server.dir);
    await sleep(forMs);
    await server.restart();
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
  return { hits, cutBytes: () => cutBytes, deaths, done: run() };
}
