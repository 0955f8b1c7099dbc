/** The feeds of an inbox: its subscriptions. An item is in one of them, that of its first match. */
import { hash } from 'node:crypto';
import { type IdTable, NO_ITEM } from '../../inbox/ids/id-table.ts';
import { decodeName, encodeName } from '../../redis/keys.ts';
import type { Directory } from '../../subscriptions/directory.ts';

export interface Feed {
  id: string;
  subscription: string;
}

/** Digits only: clients put it into addresses without encoding it, and take it apart at `/` and `$`. */
export function feedId(subscription: string): string {
  const digest = hash('sha256', encodeName(subscription) ?? subscription.toWellFormed(), 'hex');
  return `feed/${Number.parseInt(digest.slice(0, 13), 16)}`;
}

/** Those with items, and those registered; of neither any: the inbox itself, since clients give up on an empty list. */
export async function listFeeds(
  directory: Pick<Directory, 'registrationsOf'>,
  inbox: string,
  table: IdTable,
): Promise<Feed[]> {
  const subscriptions = new Set(namesInUse(table));
  for (const name of await directory.registrationsOf(inbox)) subscriptions.add(decodeName(name));
  if (subscriptions.size === 0) subscriptions.add(decodeName(inbox));
  return [...subscriptions].sort().map((subscription) => ({ id: feedId(subscription), subscription }));
}

/** Which of the table's subscriptions this feed is; NO_ITEM: one without items; undefined: no such feed. */
export async function findFeed(
  directory: Pick<Directory, 'registrationsOf'>,
  inbox: string,
  { names, subscription }: IdTable,
  id: string,
): Promise<number | undefined> {
  const at = names.findIndex((name) => feedId(name) === id);
  if (at >= 0 && subscription.includes(at)) return at;
  if (feedId(decodeName(inbox)) === id) return NO_ITEM;
  const registered = await directory.registrationsOf(inbox);
  return registered.some((name) => feedId(decodeName(name)) === id) ? NO_ITEM : undefined;
}

function namesInUse({ names, subscription, length }: IdTable): string[] {
  const isUsed = new Set<number>();
  for (let at = 0; at < length && isUsed.size <= names.length; at += 1) isUsed.add(subscription[at]!);
  return names.filter((_, at) => isUsed.has(at));
}
