/** Marks and stars. Idempotent; items that are not there are skipped. */
import { before, isBefore, LAST_ID } from '../../../queues/index.ts';
import { idAt } from '../../inbox/ids/id-table.ts';
import type { InboxReader } from '../../inbox/read/inbox-reader.ts';
import { Problem } from '../http/problem.ts';
import { ok } from './answer.ts';
import { askedIds, type Call, type Handler, type ReaderDeps } from './call.ts';
import { servedName, testFor, unknownStream } from './listing.ts';
import { isShown } from './selection.ts';
import { parseState, parseStream, type Stream } from './stream-names.ts';

const AT_ONCE = 500;

export const editTag: Handler = async ({ inboxes }, call) => {
  const { read, star } = wantedOf(call);
  if (call.params.all('i').length === 0) throw new Problem(400, 'i: no item is named');
  const ids = askedIds(call);
  if (read !== undefined) await mark(inboxes, call, ids, read);
  if (star !== undefined) await inboxes.starAll(call.inbox, ids, star, call.signal);
  return ok;
};

/** undefined: stays as it is. */
function wantedOf({ params }: Call): { read: boolean | undefined; star: boolean | undefined } {
  const added = statesOf(params.all('a'));
  const removed = statesOf(params.all('r'));
  if (added.size + removed.size === 0) throw new Problem(400, 'a, r: no tag is added or removed');
  const isRead = added.has('read');
  const isUnread = removed.has('read') || added.has('kept-unread');
  const isStarred = added.has('starred');
  const isUnstarred = removed.has('starred');
  if (isRead && isUnread) throw new Problem(400, 'a, r: read and unread at once');
  if (isStarred && isUnstarred) throw new Problem(400, 'a, r: starred and not starred at once');
  return {
    read: isRead || isUnread ? isRead : undefined,
    star: isStarred || isUnstarred ? isStarred : undefined,
  };
}

function statesOf(tags: readonly string[]): Set<string> {
  return new Set(
    tags
      .filter((tag) => tag !== '')
      .map((tag) => {
        const state = parseState(tag);
        if (state === undefined) throw new Problem(400, 'a, r: items have no labels here, only states');
        return state;
      }),
  );
}

async function mark(
  inboxes: InboxReader,
  { inbox, signal }: Call,
  ids: readonly string[],
  asRead: boolean,
): Promise<void> {
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const some = ids.slice(at, at + AT_ONCE);
    if (asRead) await inboxes.markRead(inbox, { ids: some }, signal);
    else await inboxes.markUnread(inbox, some, signal);
  }
}

export const markAllAsRead: Handler = async (deps, call) => {
  const { inbox, params } = call;
  const name = params.one('s');
  if (!name) throw new Problem(400, 's: no stream is named');
  const stream = parseStream(name);
  if (!stream || !['all', 'feed', 'starred'].includes(stream.kind)) throw unknownStream(name);
  const upTo = boundOf(params.one('ts')) ?? (await shownUpTo(deps, call, stream));
  if (stream.kind === 'all') {
    await deps.inboxes.markRead(inbox, { upTo }, call.signal);
    return ok;
  }
  const view = await deps.inboxIds.read(inbox, call.signal);
  const isInStream = await testFor(deps.directory, inbox, view, stream);
  if (!isInStream) throw unknownStream(name);
  const ids: string[] = [];
  for (let at = 0; at < view.table.length; at += 1) {
    const id = idAt(view.table, at);
    if (isBefore(upTo, id)) break;
    if (isShown(view, at) && isInStream(at) && view.isUnread(at)) ids.push(id);
  }
  await mark(deps.inboxes, call, ids, true);
  return ok;
};

/** Without a time: what this client was last shown. One that was shown nothing means all that is there now. */
async function shownUpTo(deps: ReaderDeps, { token, inbox, signal }: Call, stream: Stream): Promise<string> {
  const shown = await deps.served.latest(token, [...new Set([servedName(stream), 'reading-list'])]);
  return shown ?? ((await deps.inboxIds.read(inbox, signal)).newest || '0-0');
}

/** The last id that a time covers: microseconds from 16 digits on, milliseconds from 13, else seconds. undefined: no time is given. */
function boundOf(text: string | undefined): string | undefined {
  if (text === undefined || /^0*$/.test(text)) return undefined;
  if (!/^\d{1,30}$/.test(text)) throw new Problem(400, 'ts: not a time');
  const digits = text.replace(/^0+/, '');
  if (digits.length >= 16) return microsecondsBound(BigInt(digits));
  const ms = BigInt(digits);
  return endOf(digits.length >= 13 ? ms : ms * 1_000n + 999n);
}

/** Whole milliseconds end in 000. Items of rare ids have the timestamp 999, whatever their number. */
function microsecondsBound(us: bigint): string {
  const [ms, rest] = [us / 1_000n, us % 1_000n];
  return rest === 0n || rest === 999n ? endOf(ms) : earliest(`${ms}-${rest}`);
}

const endOf = (ms: bigint): string => before(earliest(`${ms + 1n}-0`));
const earliest = (id: string): string => (isBefore(LAST_ID, id) ? LAST_ID : id);
