/**
 * Scans all keys for unlisted inboxes, and for unlisted registrations of subscribers. Whatever existed before the lists,
 * or is added by processes of an earlier version, is found only this way, so the scan is repeated.
 */
import type { Redis } from 'ioredis';
import type { RedisClient } from '../../redis/connections.ts';
import { inboxOfKey, namingKeys, subscriptionOfSubscribersKey } from '../../redis/keys.ts';
import { mastersOf, parseInfo } from '../../redis/server-check.ts';
import { listRegistrations } from '../../subscriptions/registrations.ts';
import type { InboxList } from '../inbox-list.ts';
import type { OnTrouble } from '../write/bounds.ts';
import type { Step } from './pace.ts';

/** SCAN of one server after the other. A cursor is valid only for the server process that issued it; others are scanned from the start. */
export interface FillPlace {
  /** Run ids. */
  done: string[];
  node?: string;
  cursor?: string;
}

/** Blocks Redis for less than a millisecond. */
const KEYS_AT_ONCE = 500;

export function createFill(client: RedisClient, list: InboxList, onTrouble: OnTrouble): Step<FillPlace> {
  const step: Step<FillPlace> = async (place = { done: [] }, pace) => {
    const masters = await Promise.all((await mastersOf(client)).map(withId));
    const here = masters.find(({ id }) => id === place.node);
    const next = here ?? masters.find(({ id }) => !place.done.includes(id));
    if (!next) return undefined;
    const from = here ? (place.cursor ?? '0') : '0';
    const scan = () => next.node.scan(from, 'MATCH', namingKeys, 'COUNT', KEYS_AT_ONCE);
    const [cursor, keys] = await pace(scan);
    await pace(() => list.add([...new Set(keys.flatMap((key) => inboxOfKey(key) ?? []))]));
    for (const key of keys) {
      const subscription = subscriptionOfSubscribersKey(key);
      if (subscription === undefined) continue;
      await listRegistrations(client, subscription, pace).catch((error: Error) => {
        if (!error.message.startsWith('WRONGTYPE')) throw error;
        onTrouble(`subscribers of ${subscription}`, error);
      });
    }
    if (cursor !== '0') return { ...place, node: next.id, cursor };
    return { done: [...place.done, next.id] };
  };
  return (place, pace) =>
    step(place, pace).catch((error: Error) => {
      if (!/^(NOPERM|ERR unknown command)/.test(error.message)) throw error;
      onTrouble(
        'inboxes of earlier versions are not listed: the worker needs +scan (deploy/redis-users.acl)',
        error,
      );
      return undefined;
    });
}

async function withId(node: Redis): Promise<{ id: string; node: Redis }> {
  const { host = '', port = 0 } = node.options;
  return { id: parseInfo(await node.info('server'))['run_id'] ?? `${host}:${port}`, node };
}
