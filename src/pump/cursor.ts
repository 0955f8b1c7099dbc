/**
 * Where the group stands, kept beside the queues: every entry up to it is in the queue or beyond.
 *
 * A group that was destroyed is made again there; without a cursor (or with a stream that was made anew since) at the beginning.
 * A Redis of queues and inboxes that restarted or failed over may have lost its last second, with jobs whose entries another
 * Redis has as acknowledged: then the group is set back to the cursor and everything since is read again. It is no more than a
 * minute too much, and an inbox takes each post once. docs/decisions/0006-two-servers.md says why it is done this way.
 */
import { before, earlier, FIRST_ID, isBefore, oldestOf } from '../../queues/index.ts';
import type { RedisClient } from '../redis/connections.ts';
import { cursorKey, cursorServersKey } from '../redis/keys.ts';
import { mastersOf, parseInfo } from '../redis/server-check.ts';
import type { Source } from '../stream/source.ts';

/** The cursor is saved every few seconds, and a restart is noticed as late: what is read again begins well before it. */
const MARGIN_MS = 60_000;

export interface Cursor {
  read(): Promise<string>;
  /** Returns the id after which everything is read again, where Redis of the queues was restarted. */
  save(): Promise<string | undefined>;
  /** Nothing from this id on may leave the stream: it could have to be read again. */
  needs(): Promise<string>;
}

export interface CursorOptions {
  /** Redis of the queues. */
  home: RedisClient;
  source: Pick<Source, 'stream' | 'position' | 'rewind'>;
  group: string;
  /** Stream, queues and inboxes lie on one server: what it loses, it loses of all three at once. */
  isOneServer: boolean;
}

export function createCursor({ home, source, group, isOneServer }: CursorOptions): Cursor {
  const key = cursorKey(source.stream, group);
  const serversKey = cursorServersKey(source.stream, group);

  async function read(): Promise<string> {
    const saved = await home.get(key);
    if (!saved) return FIRST_ID;
    const { newest } = await source.position();
    return newest && isBefore(newest, saved) ? FIRST_ID : saved;
  }

  async function rewindAfterRestart(): Promise<string | undefined> {
    const [servers, known] = await Promise.all([runIdsOf(home), home.get(serversKey)]);
    if (servers === known) return undefined;
    const saved = await read();
    let from: string | undefined;
    if (known !== null) {
      from = earlier(saved, MARGIN_MS);
      await source.rewind(from);
    }
    await home.set(serversKey, servers);
    return from;
  }

  return {
    read,
    async save() {
      const from = isOneServer ? undefined : await rewindAfterRestart();
      const position = from === undefined ? await safePosition() : undefined;
      if (position) await home.set(key, position);
      return from;
    },
    async needs() {
      const [saved, position = FIRST_ID] = await Promise.all([read(), safePosition()]);
      return oldestOf([isOneServer ? saved : earlier(saved, MARGIN_MS), position])!;
    },
  };

  /** Just before the oldest pending entry; with nothing pending, the last one that was handed out. */
  async function safePosition(): Promise<string | undefined> {
    const { delivered, oldestPending } = await source.position();
    if (!delivered) return undefined;
    return oldestPending && !isBefore(delivered, oldestPending) ? before(oldestPending) : delivered;
  }
}

/** A server has another id after each start, and its replica another one still. */
async function runIdsOf(client: RedisClient): Promise<string> {
  const nodes = await mastersOf(client);
  const ids = await Promise.all(nodes.map(async (node) => parseInfo(await node.info('server'))['run_id']));
  return ids.sort().join(' ');
}
