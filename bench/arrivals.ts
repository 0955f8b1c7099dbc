/** What has arrived in the inboxes, and when: an item's id is Redis' own clock at the moment it was written. */
import { Cluster, type Redis } from 'ioredis';
import { itemsKey } from './matches.ts';

/** Not the length: a full inbox drops an old item for each new one. */
const COUNT = `local n = 0 for _, key in ipairs(KEYS) do
  if redis.call('EXISTS', key) == 1 then
    local info = redis.call('XINFO', 'STREAM', key)
    for at = 1, #info, 2 do if info[at] == 'entries-added' then n = n + info[at + 1] end end
  end
end return n`;
const TIMES = `local ms = {} for _, item in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do
  ms[#ms + 1] = string.match(item[1], '^%d+') end return ms`;
const KEYS_PER_CALL = 1_000;
/** On a Cluster a script has the keys of one slot. */
const keysPerCall = (redis: Redis): number => ((redis as unknown) instanceof Cluster ? 1 : KEYS_PER_CALL);

/** Looking at all of many inboxes is work for Redis: how many there are about, from some of them. */
const SOME = 500;

export async function arrivedAbout(redis: Redis, inboxes: readonly string[]): Promise<number> {
  const step = Math.max(1, Math.floor(inboxes.length / SOME));
  const some = inboxes.filter((_, at) => at % step === 0);
  return ((await arrived(redis, some)) * inboxes.length) / some.length;
}

/** Items ever written. */
export async function arrived(redis: Redis, inboxes: readonly string[]): Promise<number> {
  const counts: Promise<unknown>[] = [];
  for (let at = 0; at < inboxes.length; at += keysPerCall(redis)) {
    const keys = inboxes.slice(at, at + keysPerCall(redis)).map(itemsKey);
    counts.push(redis.eval(COUNT, keys.length, ...keys));
  }
  return (await Promise.all(counts)).reduce<number>((sum, count) => sum + Number(count), 0);
}

/** When each item was written, in ms, earliest first. */
export async function arrivalTimes(redis: Redis, inboxes: readonly string[]): Promise<Float64Array> {
  const times: number[] = [];
  for (let at = 0; at < inboxes.length; at += KEYS_PER_CALL) {
    const pipeline = redis.pipeline();
    for (const inbox of inboxes.slice(at, at + KEYS_PER_CALL)) pipeline.eval(TIMES, 1, itemsKey(inbox));
    for (const [error, ms] of (await pipeline.exec())!) {
      if (error) throw error;
      for (const one of ms as string[]) times.push(Number(one));
    }
  }
  return Float64Array.from(times).sort();
}

const IDENTITIES = `local found = {} for _, item in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do
  for at = 1, #item[2], 2 do
    if item[2][at] == 'identity' then found[#found + 1] = item[2][at + 1] end
  end
end return found`;

/** `inbox identity` of each item that is there; one that is there twice stands there twice. */
export async function identitiesIn(redis: Redis, inboxes: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const inbox of inboxes)
    for (const identity of (await redis.eval(IDENTITIES, 1, itemsKey(inbox))) as string[])
      found.push(`${inbox} ${identity}`);
  return found;
}
