/** Clients at the same cursor share a read: whoever joins one that began earlier must not wait for what that read could not see. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { noReading } from '../../../../src/bluesky/reading/reading.ts';
import { createErasures } from '../../../../src/inbox/erase/erased.ts';
import { createFeedTokens } from '../../../../src/inbox/feed-tokens.ts';
import { createInboxReader, type Page } from '../../../../src/inbox/read/inbox-reader.ts';
import { createInboxWatch, type InboxWatch } from '../../../../src/inbox/watch/inbox-watch.ts';
import { createItemJson } from '../../../../src/web/api/item-json.ts';
import { createLive, type Live } from '../../../../src/web/api/live/live.ts';
import { createPictures } from '../../../../src/web/post/pictures.ts';
import { type EventClient, openEvents } from '../../../fixtures/event-stream.ts';
import { redis, useWeb, web } from '../../use-web.ts';
import { matchJson } from '../../web.ts';

useWeb();
let watch: InboxWatch;
let live: Live;
let server: Server;
/** Called with a page that was read, before it is handed over. */
let hold: (page: Page) => Promise<void> = () => Promise.resolve();
const opened: EventClient[] = [];

beforeAll(async () => {
  const client = redis.client();
  watch = createInboxWatch({ reader: redis.client(), commands: client, onTrouble: () => undefined });
  const inboxes = createInboxReader(client);
  const slow = {
    ...inboxes,
    async page(...asked: Parameters<typeof inboxes.page>) {
      const page = await inboxes.page(...asked);
      await hold(page);
      return page;
    },
  };
  live = createLive({
    inboxes: slow,
    itemJson: createItemJson(createPictures(undefined)),
    watch,
    erasures: createErasures(client),
    feedTokens: createFeedTokens(client),
    reading: noReading,
  });
  const app = express();
  app.get('/', (req, res) =>
    live.open(req, res, {
      inbox: 'joined',
      after: req.query['after'] as string,
      feedToken: undefined,
      signal: new AbortController().signal,
    }),
  );
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  for (const client of opened) client.cut();
  live?.stop();
  server?.close();
  await watch?.stop();
});

const textsOf = (client: EventClient): string[] =>
  client.events.flatMap(({ id, data }) => (id ? [JSON.parse(data).post.text as string] : []));

test('a client that joins an older read gets an item delivered in between, without waiting for the next', async () => {
  await web.deliver('joined', matchJson(1));
  const { newest } = (await createInboxReader(redis.client()).summary('joined')) as { newest: string };
  const connect = (): EventClient => {
    const { port } = server.address() as AddressInfo;
    const client = openEvents(`http://127.0.0.1:${port}/?after=${newest}`);
    opened.push(client);
    return client;
  };
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const read = new Promise<void>((resolve) => {
    hold = async () => {
      hold = () => Promise.resolve();
      resolve();
      await released;
    };
  });
  const first = connect();
  await read;
  const heard = watch.join('joined', newest).growsBeyond(newest, new AbortController().signal);
  await web.deliver('joined', matchJson(2));
  await heard;
  const second = connect();
  await vi.waitFor(() => expect(second.isOpen && live.load().streams).toBe(2), 10_000);
  release();
  await vi.waitFor(() => expect(textsOf(first)).toEqual(['post 2']), 10_000);
  await vi.waitFor(() => expect(textsOf(second)).toEqual(['post 2']), 3_000);
});
