/**
 * An inbox is admitted before its first item: its name is added to the list of inboxes, and `admitted` is set in its state.
 * write.lua writes nothing into an inbox that is not admitted. If a person was erased lately, older posts are refused here.
 */
import type { RedisClient } from '../../redis/connections.ts';
import { erasedKey, inboxKeys } from '../../redis/keys.ts';
import { loadScript, runScripts } from '../../redis/scripts.ts';
import type { InboxList } from '../inbox-list.ts';
import type { OnTrouble } from './bounds.ts';
import type { InboxCall } from './inbox-calls.ts';

const script = loadScript(new URL('admit.lua', import.meta.url));

/** The value of `admitted` for an inbox that was not erased lately. */
export const ADMITTED = '0';

export interface Admission {
  /** Resolves once no admission is running: later writes of this process must not overtake those that wait for it. */
  idle(): Promise<void>;
  /** Admits the inboxes of the calls, and repeats the writes that are allowed. The other deliveries get the result `erased`. */
  run(calls: readonly InboxCall[], write: Write): Promise<void>;
}

/** `as`: the value of `admitted` for the inboxes of the calls. */
export type Write = (calls: InboxCall[], as: string) => Promise<void>;

export function createAdmission(client: RedisClient, list: InboxList, onTrouble: OnTrouble): Admission {
  let running: Promise<unknown> = Promise.resolve();
  /** Of the last write: writes continue in the order in which they came. */
  let turn = Promise.resolve();

  /** Returns the calls with the allowed deliveries, by the value of `admitted`. */
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
      // An erasure may have run while an admission was about to list the inbox.
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
    // Maintenance adds a name that is missing from the list; its matches must not wait for that.
    await list.add([...inboxes]).catch((error: Error) => onTrouble('list of inboxes', error));
    for (const [as, some] of admitted) await write(some, as);
  }

  async function untilIdle(): Promise<void> {
    // While it waits, another may start, even for a write that was sent before.
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
      // One after the other: some need fewer round trips, and would overtake.
      const mine = running.then(() => admitAndWrite(calls, write));
      running = mine.catch(() => undefined);
      return mine;
    },
  };
}
