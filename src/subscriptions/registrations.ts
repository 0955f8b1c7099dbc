/**
 * Which subscriptions a subscriber is registered for: `inbox:{<s>}:subscriptions`, derived from the lists of a subscription's
 * subscribers, which are authoritative. It has all of them, and for a while some that ended: each is checked when read.
 */
import type { RedisClient } from '../redis/connections.ts';
import { inboxKeys, subscriptionKeys } from '../redis/keys.ts';
import { loadScript, runScript, runScripts } from '../redis/scripts.ts';

const script = loadScript(new URL('registrations.lua', import.meta.url));

const AT_ONCE = 500;
/** A registration completes in much less. */
const STAYS_MS = 60_000;

/** Call it before the registration, so that none is missing from the list. */
export async function noteRegistration(
  client: RedisClient,
  subscription: string,
  subscriber: string,
): Promise<void> {
  await runScript(client, script, [inboxKeys(subscriber).subscriptions], ['note', subscription]);
}

/** Call it after the registration: the subscriber may have been erased in between. */
export async function keepNoted(
  client: RedisClient,
  subscription: string,
  subscriber: string,
): Promise<void> {
  await runScript(client, script, [inboxKeys(subscriber).subscriptions], ['find', subscription]);
}

/** The subscriptions (encoded) that this subscriber is registered for now, in no order. */
export async function registrationsOf(client: RedisClient, subscriber: string): Promise<string[]> {
  const { subscriptions } = inboxKeys(subscriber);
  const listed = await client.hkeys(subscriptions);
  const isRegistered = new Set<string>();
  for (let at = 0; at < listed.length; at += AT_ONCE) {
    const some = listed.slice(at, at + AT_ONCE);
    const found = await Promise.all(
      some.map((one) => client.zscore(subscriptionKeys(one).subscribers, subscriber)),
    );
    for (const [nth, score] of found.entries()) if (score !== null) isRegistered.add(some[nth]!);
    const ended = some.filter((one) => !isRegistered.has(one));
    if (ended.length) await runScript(client, script, [subscriptions], ['forget', STAYS_MS, ...ended]);
  }
  return [...isRegistered];
}

/** Lists the subscribers of a subscription, in parts. */
export async function listRegistrations(
  client: RedisClient,
  subscription: string,
  pace: <Result>(work: () => Promise<Result>) => Promise<Result>,
): Promise<void> {
  const { subscribers } = subscriptionKeys(subscription);
  for (let after = '-'; ; ) {
    const names = await pace(async () => {
      const some = await client.zrange(subscribers, after, '+', 'BYLEX', 'LIMIT', 0, AT_ONCE);
      const calls = some.map((name) => ({
        keys: [inboxKeys(name).subscriptions],
        args: ['find', subscription],
      }));
      const failed = (await runScripts(client, script, calls)).find(({ status }) => status === 'rejected');
      // Another program's key in place of one list must not keep the others from being filled.
      if (failed?.status === 'rejected' && !String(failed.reason).includes('WRONGTYPE')) throw failed.reason;
      return some;
    });
    if (names.length < AT_ONCE) return;
    after = `(${names.at(-1)!}`;
  }
}
