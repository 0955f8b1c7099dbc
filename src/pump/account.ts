/**
 * The account of a stream: of all entries ever added, how many the group was given and how many it can still be given, and hence how
 * many are gone. Pure.
 *
 * The number given is what this pump read, or the difference between two of Redis' own counts; the absolute count is wrong after a
 * restart of Redis 7.0, and after a rewind. If neither is known, the account starts again, and only evidence counts: the oldest entry
 * is beyond the given ones, though it was not at the last check (our own trimmer leaves the last given one), or an entry beyond them
 * was deleted.
 */
import { before, isBefore } from '../../queues/index.ts';
import type { Look } from '../stream/look.ts';

export interface Account {
  /** Entries up to it were given to the group, or noted as lost. */
  upTo: string;
  /** How many of all entries ever added were given or noted as lost. undefined: not known. */
  count?: number | undefined;
  /** `upTo` when `count` was last known from the stream. */
  since: string;
  /** Redis' count of entries read by the group. */
  reads?: number | undefined;
  /** Newest deleted entry. */
  deleted?: string | undefined;
  /** Whether the oldest entry was not beyond `upTo`. */
  hasAnchor: boolean;
}

/** What the only pump read right after a check that showed unread entries, so that nobody read in between. */
export interface OwnRead {
  last: string;
  /** Those after `upTo`. */
  entries: number;
}

/** Entries that are gone: after the id `after`, not after `to`. */
export interface Gap {
  after: string;
  to: string;
  /** undefined: unknown how many. */
  entries?: number | undefined;
}

export function settle(
  known: Account | undefined,
  look: Look,
  own?: OwnRead,
): { account: Account; gap?: Gap } {
  // An id beyond the last one ever: the stream was replaced.
  const isKnown = known && !isBefore(look.last, known.upTo);
  const account = isKnown ? withGiven(known, look, own) : begin(look);
  const { first, last, added, deleted } = look;
  const { upTo, since } = account;
  const end = first === undefined ? last : before(first);
  const isHeadGone = isBefore(upTo, end);
  const isDeletedAhead = deleted !== undefined && deleted !== account.deleted && isBefore(upTo, deleted);
  const unread = unreadIn(look, upTo, isHeadGone);
  if (unread === undefined) return { account: { ...account, hasAnchor: true } };
  const lost =
    added === undefined || account.count === undefined ? undefined : added - account.count - unread;
  const isEvident = (isHeadGone && account.hasAnchor) || isDeletedAhead;
  const next: Account = {
    ...account,
    ...(isHeadGone && { upTo: end }),
    since: isHeadGone ? end : upTo,
    count: added === undefined ? undefined : added - unread,
    deleted,
    hasAnchor: first !== undefined && !isBefore(upTo, first),
  };
  if (lost === undefined ? !isEvident : lost <= 0) return { account: next };
  const range = isHeadGone
    ? { after: upTo, to: end }
    : isDeletedAhead
      ? { after: upTo, to: deleted }
      : { after: since, to: upTo };
  return { account: next, gap: { ...range, entries: lost } };
}

const begin = ({ delivered, reads, deleted }: Look): Account => ({
  upTo: delivered,
  since: delivered,
  reads,
  deleted,
  hasAnchor: false,
});

function withGiven(known: Account, { delivered, reads }: Look, own: OwnRead | undefined): Account {
  if (!isBefore(known.upTo, delivered)) return { ...known, reads };
  const given = own?.last === delivered ? own.entries : difference(known.reads, reads);
  const count = known.count === undefined || given === undefined ? undefined : known.count + given;
  return { ...known, upTo: delivered, count, reads };
}

const difference = (from: number | undefined, to: number | undefined): number | undefined =>
  from === undefined || to === undefined || to < from ? undefined : to - from;

/** undefined: the oldest entries were given, the newest were not, and there is no count. */
function unreadIn(
  { first, last, length, unread }: Look,
  upTo: string,
  isHeadGone: boolean,
): number | undefined {
  if (!isBefore(upTo, last)) return 0;
  return isHeadGone || first === undefined || isBefore(upTo, first) ? length : unread;
}
