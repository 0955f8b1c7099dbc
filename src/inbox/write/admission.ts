/**
 * An inbox is admitted before its first item: its name is added to the list of inboxes, and `admitted` is set in its state.
 * write.lua writes nothing into an inbox that is not.
 */
import type { RedisClient } from '../../redis/connections.ts';
import { inboxKeys } from '../../redis/keys.ts';
import type { InboxList } from '../inbox-list.ts';
import type { OnTrouble } from './bounds.ts';
import type { InboxCall } from './inbox-calls.ts';

export interface Admission {
  /** Resolves once no admission is running: later writes of this process must not overtake those that wait for theirs. */
  idle(): Promise<unknown>;
  /** Admits the inboxes of `refused()` and writes again, until no call is refused. */
  run(refused: () => InboxCall[], write: (calls: InboxCall[]) => Promise<void>): Promise<void>;
}

/** Each time somebody must have removed the state in between. */
const TRIES = 20;

export function createAdmission(client: RedisClient, list: InboxList, onTrouble: OnTrouble): Admission {
  let running: Promise<unknown> = Promise.resolve();

  async function admit(calls: readonly InboxCall[]): Promise<void> {
    const inboxes = [...new Set(calls.map(({ inbox }) => inbox))];
    // A name that is missing from the list is added by maintenance; its matches must not wait for that.
    await list.add(inboxes).catch((error: Error) => onTrouble('list of inboxes', error));
    const replies = await Promise.allSettled(
      inboxes.map((inbox) => client.hset(inboxKeys(inbox).state, 'admitted', 0)),
    );
    for (const reply of replies) if (reply.status === 'rejected') throw reply.reason;
  }

  async function admitAndWrite(refused: () => InboxCall[], write: (calls: InboxCall[]) => Promise<void>) {
    for (let tries = 1; ; tries += 1) {
      const calls = refused();
      if (calls.length === 0) return;
      if (tries > TRIES) throw new Error(`the state of inbox ${calls[0]!.inbox} is removed again and again`);
      await admit(calls);
      await write(calls);
    }
  }

  return {
    idle: () => running,
    run(refused, write) {
      const mine = admitAndWrite(refused, write);
      const before = running;
      running = Promise.allSettled([before, mine]);
      return mine;
    },
  };
}
