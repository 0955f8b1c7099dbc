/** What a feed-reader app asks for at each sync, at the server: from the request to its JSON text, Redis included, the network not. */
import type { Redis } from 'ioredis';
import { noReading } from '../src/bluesky/reading/reading.ts';
import { createInboxIds } from '../src/inbox/ids/inbox-ids.ts';
import { createInboxReader } from '../src/inbox/read/inbox-reader.ts';
import { createServed } from '../src/inbox/served.ts';
import { encodeName } from '../src/redis/keys.ts';
import type { Answer } from '../src/web/greader/answer.ts';
import type { Handler } from '../src/web/greader/call.ts';
import { itemsContents, streamIds } from '../src/web/greader/contents.ts';
import { paramsOf } from '../src/web/greader/params.ts';
import { createPictures } from '../src/web/post/pictures.ts';
import { INBOX, pageJson } from './inbox-page.ts';

const ROUNDS = 20;
const CONTENTS = 250;

export interface SyncTimes {
  ids: number;
  idsMs: number;
  /** Before anything of the inbox is in memory. */
  firstIdsMs: number;
  contents: number;
  contentsMs: number;
  /** A page of 50, by turns with these. */
  pageMs: number;
}

/** Of the inbox that measureInboxPage has filled. Medians of 20, warm. */
export async function measureSync(client: Redis): Promise<SyncTimes> {
  const deps = {
    inboxes: createInboxReader(client),
    inboxIds: createInboxIds(client),
    served: createServed(client),
    directory: { registrationsOf: async () => [], titlesOf: async () => new Map<string, string>() },
    pictures: createPictures(undefined),
    reading: noReading,
  };
  const { signal } = new AbortController();
  const ask = async (handler: Handler, fields: [string, string][]): Promise<{ ms: number; text: string }> => {
    const params = paramsOf(new URLSearchParams(fields), new URLSearchParams());
    const startedAt = performance.now();
    const call = { inbox: encodeName(INBOX)!, token: 'bench', params, streamName: undefined, signal };
    const text = await textOf(await handler(deps, { ...call, publicUrl: 'http://localhost' }));
    return { ms: performance.now() - startedAt, text };
  };
  const all: [string, string][] = [['n', '10000']];
  const first = await ask(streamIds, all);
  const { itemRefs } = JSON.parse(first.text) as { itemRefs: { id: string }[] };
  const some = itemRefs.slice(0, CONTENTS).map(({ id }): [string, string] => ['i', id]);
  const idsMs = [];
  const contentsMs = [];
  const pageMs = [];
  const page = async (): Promise<number> => {
    const startedAt = performance.now();
    await pageJson(deps.inboxes, undefined);
    return performance.now() - startedAt;
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    idsMs.push((await ask(streamIds, all)).ms);
    contentsMs.push((await ask(itemsContents, some)).ms);
    pageMs.push(await page());
  }
  return {
    ids: itemRefs.length,
    idsMs: middle(idsMs),
    firstIdsMs: first.ms,
    contents: some.length,
    contentsMs: middle(contentsMs),
    pageMs: middle(pageMs),
  };
}

async function textOf({ body }: Answer): Promise<string> {
  if (typeof body === 'string') return body;
  let text = '';
  for (let next = await body.next(); !next.done; next = await body.next()) text += next.value;
  return text;
}

const middle = (times: number[]): number => times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
