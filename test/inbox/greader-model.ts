/** A feed reader at an inbox, without HTTP between them. */
import type { Redis } from 'ioredis';
import { noReading } from '../../src/bluesky/reading/reading.ts';
import { idAt } from '../../src/inbox/ids/id-table.ts';
import { createInboxIds } from '../../src/inbox/ids/inbox-ids.ts';
import { createInboxReader } from '../../src/inbox/read/inbox-reader.ts';
import { createServed } from '../../src/inbox/served.ts';
import { streamIds } from '../../src/web/greader/contents.ts';
import { editTag, markAllAsRead } from '../../src/web/greader/edits.ts';
import { decimalId } from '../../src/web/greader/ids.ts';
import { paramsOf } from '../../src/web/greader/params.ts';
import { stateName } from '../../src/web/greader/stream-names.ts';
import { createPictures } from '../../src/web/post/pictures.ts';

const tags = {
  read: ['a', 'read'],
  unread: ['r', 'read'],
  star: ['a', 'starred'],
  unstar: ['r', 'starred'],
} as const;

export type GreaderModel = ReturnType<typeof openGreader>;

/** With an index of its own, as in a web process of its own. */
export function openGreader(client: Redis, inbox: string, token: string) {
  const inboxIds = createInboxIds(client);
  const deps = {
    inboxes: createInboxReader(client),
    inboxIds,
    served: createServed(client),
    directory: { registrationsOf: async () => [], titlesOf: async () => new Map<string, string>() },
    pictures: createPictures(undefined),
    reading: noReading,
  };
  const call = (fields: [string, string][]) => ({
    inbox,
    token,
    streamName: undefined,
    publicUrl: 'http://localhost',
    signal: new AbortController().signal,
    params: paramsOf(new URLSearchParams(fields), new URLSearchParams()),
  });
  const reading: [string, string] = ['s', stateName('reading-list')];
  return {
    /** The newest item when it last listed; undefined: never. */
    shownUpTo: undefined as string | undefined,
    list: () => streamIds(deps, call([reading, ['n', '3']])),
    markAll: () => markAllAsRead(deps, call([reading])),
    edit(ids: readonly string[], how: keyof typeof tags) {
      const [field, name] = tags[how];
      return editTag(
        deps,
        call([...ids.map((id): [string, string] => ['i', decimalId(id)]), [field, stateName(name)]]),
      );
    },
    async held() {
      const { table, isUnread, isStarred } = await inboxIds.read(inbox);
      return Array.from({ length: table.length }, (_, at) => ({
        id: idAt(table, at),
        read: !isUnread(at),
        starred: isStarred(at),
        first: table.names[table.subscription[at]!],
      }));
    },
  };
}
