/** A supervisor: keeps so many processes of a role alive, whoever ends them, and knows which may be hit. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Role, startRole } from '../fixtures/roles.ts';

export interface Member {
  role: Role;
  /** Has been ready once: a process that is hit before it works proves little. */
  isReady: boolean;
  isStopped: boolean;
  /** Who ended it; undefined: it did so itself. */
  hitBy?: string;
}

export interface Crew {
  name: string;
  /** Ready and running. */
  victims(): Member[];
  started(): number;
  /** Processes that ended though nobody had hit them, each with its last words. */
  surprises: string[];
  /** All are ready and none is stopped. */
  isWhole(): boolean;
  /** Nobody is replaced any more. */
  dismiss(): void;
  wake(): void;
}

const RESTART_AFTER_MS = 300;

export function startCrew(name: string, size: number, env: Record<string, string>): Crew {
  const members = new Set<Member>();
  const surprises: string[] = [];
  let started = 0;
  const dismissed = new AbortController();
  for (let at = 0; at < size; at += 1) void keepOne();

  async function keepOne(): Promise<void> {
    while (!dismissed.signal.aborted) {
      const role = await startRole(name, env);
      started += 1;
      const member: Member = { role, isReady: false, isStopped: false };
      members.add(member);
      void role.ready().then(
        () => (member.isReady = true),
        () => undefined,
      );
      const end = await role.ended;
      members.delete(member);
      if (!dismissed.signal.aborted) note(member, end);
      await pause(RESTART_AFTER_MS);
    }
  }

  function note({ role, hitBy }: Member, end: number | NodeJS.Signals): void {
    if (end === hitBy || (hitBy === 'SIGTERM' && end === 0)) return;
    // At start Redis may be away: a role then says so and leaves it to its supervisor.
    if (end === 1 && /cannot be reached|is loading|LOADING/.test(role.output())) return;
    surprises.push(
      `${name} ${role.pid} ended (${end}) after ${hitBy ?? 'nothing'}: ${role.output().slice(-600)}`,
    );
  }

  return {
    name,
    victims: () => [...members].filter(({ isReady, isStopped, hitBy }) => isReady && !isStopped && !hitBy),
    started: () => started,
    surprises,
    isWhole: () =>
      members.size === size && [...members].every(({ isReady, isStopped }) => isReady && !isStopped),
    dismiss: () => dismissed.abort(),
    wake() {
      for (const member of members) {
        member.role.signal('SIGCONT');
        member.isStopped = false;
      }
    },
  };
}
