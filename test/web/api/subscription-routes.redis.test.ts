import { expect, test } from 'vitest';
import { useWeb, web } from '../use-web.ts';
import { type Answer, asReader } from '../web.ts';

useWeb();

const ask = (method: string, path: string): Promise<Answer> =>
  web.ask(method, `/api/subscriptions/${path}`, asReader);
const status = async (method: string, path: string): Promise<number> => (await ask(method, path)).status;

test('a subscriber is registered, found and taken off again', async () => {
  expect(await status('GET', 'cats')).toBe(404);
  expect(await status('DELETE', 'cats/subscribers/ann')).toBe(404);
  expect(await status('PUT', 'cats/subscribers/ann')).toBe(204);
  expect(await status('PUT', 'cats/subscribers/ann')).toBe(204);
  expect((await ask('GET', 'cats')).json).toEqual({
    subscription: 'cats',
    total: 1,
    subscribers: ['ann'],
    next: null,
    created_at: expect.stringMatching(/^20\d\d-.*Z$/),
    unsubscribed_at: null,
  });
  expect(await status('DELETE', 'cats/subscribers/ann')).toBe(204);
  expect(await status('DELETE', 'cats/subscribers/ann')).toBe(404);
  expect((await ask('GET', 'cats')).json).toMatchObject({
    total: 0,
    subscribers: [],
    unsubscribed_at: expect.stringMatching(/^20\d\d-.*Z$/),
  });
});

test('subscribers come in pages, whatever their names', async () => {
  const names = ['ä/b', 'a', 'b c', '🦋', '%41', '{x}'];
  for (const name of names) {
    expect(await status('PUT', `many/subscribers/${encodeURIComponent(name)}`)).toBe(204);
  }
  const found: string[] = [];
  let after = '';
  for (;;) {
    const { json } = await ask('GET', `many?limit=2${after}`);
    found.push(...json.subscribers);
    if (json.next === null) break;
    after = `&after=${encodeURIComponent(json.next)}`;
  }
  expect(found.sort()).toEqual(names.sort());
});

test('a subscription is ended for everybody', async () => {
  await ask('PUT', 'dogs/subscribers/ann');
  await ask('PUT', 'dogs/subscribers/ben');
  expect(await status('DELETE', 'dogs')).toBe(204);
  expect((await ask('GET', 'dogs')).json).toMatchObject({ total: 0, subscribers: [] });
  expect(await status('DELETE', 'never')).toBe(404);
});
