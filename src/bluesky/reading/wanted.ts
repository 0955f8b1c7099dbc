/** Which facts about a post are unknown, or were looked up too long ago. */
import type { LookupKind, OwnPost, SoughtPost } from '../../../queues/index.ts';
import { type Entries, isAuthorDue, isCheckDue, isKeyDue, isViewDue, type Name } from '../known/entries.ts';
import type { Needs } from './needs.ts';

export interface Wanted {
  kind: LookupKind;
  name: Name;
  /** What the job carries of it. */
  argument: string | SoughtPost | OwnPost;
  /** Unknown so far, and soon answered: worth waiting for. Record keys are not: an author's server takes its time. */
  isFirst: boolean;
}

/** Within which a record key that is a time can lie. */
const isTime = (ms: number): boolean => ms > 1_262_304_000_000 && ms < 4_102_444_800_000;

export function wantedOf(needs: Needs, entries: Entries, nowMs: number): Wanted[] {
  const { did, quote, parent } = needs;
  const wanted: Wanted[] = [];
  const author = entries.get(`author:${did}`);
  if (isAuthorDue(author, nowMs))
    wanted.push({ kind: 'authors', name: `author:${did}`, argument: did, isFirst: !author });
  for (const uri of new Set([quote, parent])) {
    const view = uri === undefined ? undefined : entries.get(`post:${uri}`);
    if (uri !== undefined && isViewDue(view, nowMs))
      wanted.push({ kind: 'posts', name: `post:${uri}`, argument: uri, isFirst: !view });
  }
  const own = ownWanted(needs, entries, nowMs);
  return own ? [...wanted, own] : wanted;
}

function ownWanted(needs: Needs, entries: Entries, nowMs: number): Wanted | undefined {
  const { identity, did, cid, createdMs, deliveredMs } = needs;
  const own = entries.get(`own:${identity}`);
  const rkey = keyKnown(needs, entries);
  if (rkey !== undefined) {
    if (!isCheckDue(own, deliveredMs, nowMs)) return undefined;
    // A merely claimed key must lead to this very record, which only a CID can prove.
    const argument = { identity, did, rkey, ...(!own?.wasSeen && cid !== undefined && { cid }) };
    return { kind: 'checks', name: `own:${identity}`, argument, isFirst: false };
  }
  const failure = entries.get(`key:${identity}`);
  if (cid === undefined || !isTime(createdMs) || !isKeyDue(failure, deliveredMs, nowMs)) return undefined;
  return {
    kind: 'keys',
    name: `key:${identity}`,
    argument: { identity, did, cid, createdMs },
    isFirst: false,
  };
}

/** The record key: found and proven, or claimed by the uri and not disproved. */
export function keyKnown({ identity, saidKey }: Needs, entries: Entries): string | undefined {
  const own = entries.get(`own:${identity}`);
  return own?.rkey ?? (own?.wrongKey === saidKey ? undefined : saidKey);
}
