/**
 * An inbox is admitted before its first item: its name is added to the list of inboxes, and `admitted` is set in its state.
 * write.lua writes nothing into an inbox that is not. Of somebody who was erased lately, older posts are refused here.
 */
import type { RedisClient } from '../../redis/connections.ts';
import { erasedKey, inboxKeys } from '../../redis/keys.ts';
import { loadScript, runScripts } from '../../redis/scripts.ts';
import type { InboxList } from '../inbox-list.ts';
import type { OnTrouble } from './bounds.ts';
import type { InboxCall } from './inbox-calls.ts';

const script = loadScript(new URL('admit.lua', import.meta.url));

/** As what an inbox is admitted that was not erased lately. */
export const ADMITTED = '0';

export interface Admission {
  /** Resolves once no admission is running: later writes of this process must not overtake those that wait for theirs. */
  idle(): Promise<void>;
  /** Admits the inboxes of the calls, and writes again what may be written. The other deliveries have their result: erased. */
  run(calls: readonly InboxCall[], write: Write): Promise<void>;
}

/** `as`: as what the inboxes of the calls are admitted. */
export type Write = (calls: InboxCall[], as: string) => Promise<void>;

export function createAdmission(client: RedisClient, list: InboxList, onTrouble: OnTrouble): Admission {
  let running: Promise<unknown> = Promise.resolve();
  /** Of the write that came last: they go on in the order in which they came. */
  let turn = Promise.resolve();

  /** Returns the calls with what may be written, by what their inboxes are admitted as. */
  async function admit(calls: readonly InboxCall[]): Promise<Map<string, InboxCall[]>> {
    const replies = await runScripts(
      client,
      script,
      calls.map(({ inbox, deliveries }) => ({
        keys: [inboxKeys(inbox).state, erasedKey(inbox)],
        args: deliveries.map(({ receivedMs }) => receivedMs ?? Number.MAX_SAFE_INTEGER),
      })),
    );
    const admitted = new Map<string, InboxCall[]>();
    for (const [at, call] of calls.entries()) {
      const reply = replies[at]!;
      if (reply.status === 'rejected') throw reply.reason;
      const [as, ...verdicts] = reply.value as [string, ...number[]];
      for (const [nth, delivery] of call.deliveries.entries())
        if (verdicts[nth] === 0) delivery.result = 'erased';
      const deliveries = call.deliveries.filter((_, nth) => verdicts[nth] !== 0);
      if (deliveries.length > 0) admitted.set(as, [...(admitted.get(as) ?? []), { ...call, deliveries }]);
      // An erasure may have met an admission that was about to list it.
      else if (!(await isThere(call.inbox))) await list.remove(call.inbox);
    }
    return admitted;
  }

  async function isThere(inbox: string): Promise<boolean> {
    const { state, feedTokens, subscriptions } = inboxKeys(inbox);
    return (await client.exists(state, feedTokens, subscriptions)) > 0;
  }

  async function admitAndWrite(calls: readonly InboxCall[], write: Write): Promise<void> {
    const admitted = await admit(calls);
    const inboxes = new Set([...admitted.values()].flat().map(({ inbox }) => inbox));
    // A name that is missing from the list is added by maintenance; its matches must not wait for that.
    await list.add([...inboxes]).catch((error: Error) => onTrouble('list of inboxes', error));
    for (const [as, some] of admitted) await write(some, as);
  }

  async function untilIdle(): Promise<void> {
    // While it waits, another may begin: of a write that was sent before, too.
    for (let seen: unknown; seen !== running; ) {
      seen = running;
      await running;
    }
  }

  return {
    idle() {
      turn = turn.then(untilIdle);
      return turn;
    },
    run(calls, write) {
      // One after the other: some need one round trip less, and would overtake.
      const mine = running.then(() => admitAndWrite(calls, write));
      running = mine.catch(() => undefined);
      return mine;
    },
  };
}
