/**
 * The group's position, saved on the queues' Redis: every entry up to it has been added to the queue.
 *
 * A destroyed group is recreated there, or at the beginning if there is no cursor or the stream is a new one.
 * If the queues' Redis restarted or failed over, it may have lost its last second of jobs, whose entries the stream's Redis has as
 * acknowledged: the group is rewound to a minute before the cursor, and inboxes drop the duplicates. See
 * docs/decisions/0006-two-servers.md.
 */
import { before, earlier, FIRST_ID, isBefore, oldestOf } from '../../queues/index.ts';
import type { RedisClient } from '../redis/connections.ts';
import { cursorKey, cursorServersKey } from '../redis/keys.ts';
import { mastersOf, parseInfo } from '../redis/server-check.ts';
import type { Source } from '../stream/source.ts';

/** Covers the seconds between saves and until a restart is noticed. */
const MARGIN_MS = 60_000;

export interface Cursor {
  read(): Promise<string>;
  /** Rewinds the group if the queues' Redis restarted, and returns the id it was rewound to. */
  save(): Promise<string | undefined>;
  /**
   * Must not be trimmed from this id on: a rewind may need it. `reached`: the cursor of over a minute ago, where ids do not tell times.
   */
  needs(reached?: string): Promise<string>;
}

export interface CursorOptions {
  /** Redis of the queues. */
  home: RedisClient;
  source: Pick<Source, 'stream' | 'position' | 'rewind'>;
  group: string;
  /** Stream, queues and inboxes share a server, so a crash rolls back all three together. */
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
    async needs(reached) {
      const [saved, position = FIRST_ID] = await Promise.all([read(), safePosition()]);
      const margin = reached ?? earlier(saved, MARGIN_MS);
      return oldestOf([saved, position, ...(isOneServer ? [] : [margin])])!;
    },
  };

  /** Just before the oldest pending entry; with none pending, the last delivered one. */
  async function safePosition(): Promise<string | undefined> {
    const { delivered, oldestPending } = await source.position();
    if (!delivered) return undefined;
    return oldestPending && !isBefore(delivered, oldestPending) ? before(oldestPending) : delivered;
  }
}

/** A server's run id changes with each start, and differs from its replica's. */
async function runIdsOf(client: RedisClient): Promise<string> {
  const nodes = await mastersOf(client);
  const ids = await Promise.all(nodes.map(async (node) => parseInfo(await node.info('server'))['run_id']));
  return ids.sort().join(' ');
}
