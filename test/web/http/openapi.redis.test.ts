/** /openapi.json is held against the app itself: its routes, and the answers of real calls. */
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { apiRoutes } from '../../../src/web/server.ts';
import { useWeb, web } from '../use-web.ts';
import { type Answer, asReader, matchJson } from '../web.ts';

interface Operation {
  operationId: string;
  parameters: { name: string; in: string; required: boolean; schema: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

let description: { openapi: string; paths: Record<string, Record<string, Operation>>; components: any }; // oxlint-disable-line typescript/no-explicit-any
useWeb();
beforeAll(async () => {
  description = (await web.ask('GET', '/openapi.json')).json;
});

const toPath = (path: string): string => path.replace(/:(\w+)/g, '{$1}');
const routes = apiRoutes({
  inboxes: undefined as never,
  itemJson: undefined as never,
  reading: undefined as never,
  inboxList: undefined as never,
  erase: undefined as never,
  feedTokens: undefined as never,
  live: undefined as never,
  directory: undefined as never,
});

test('every route is described, with every parameter of its path, and nothing else is', () => {
  expect(description.openapi).toMatch(/^3\.1\./);
  const described = Object.entries(description.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method} ${path}`),
  );
  expect(described.sort()).toEqual(routes.map(({ method, path }) => `${method} ${toPath(path)}`).sort());
  for (const [path, operations] of Object.entries(description.paths)) {
    const inPath = [...path.matchAll(/{(\w+)}/g)].map(([, name]) => name);
    for (const { parameters } of Object.values(operations)) {
      expect(parameters.filter((one) => one.in === 'path').map(({ name }) => name)).toEqual(inPath);
      expect(parameters.every((one) => one.required === (one.in === 'path'))).toBe(true);
    }
  }
});

test('it is well-formed: ids once, references that lead somewhere, schemas that can be read', () => {
  const operations = Object.values(description.paths).flatMap((path) => Object.values(path));
  const ids = operations.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [, reference] of JSON.stringify(description).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const target = reference!.split('/').reduce((at, name) => at?.[name], description as any); // oxlint-disable-line typescript/no-explicit-any
    expect(target, reference).toBeDefined();
  }
  for (const operation of operations) {
    for (const { schema } of operation.parameters)
      expect(() => z.fromJSONSchema(schema as never)).not.toThrow();
    const contents = [operation.requestBody, ...Object.values(operation.responses)].flatMap((one) =>
      Object.values(one?.content ?? {}),
    );
    for (const { schema } of contents) {
      if (!('$ref' in schema)) expect(() => z.fromJSONSchema(schema as never)).not.toThrow();
    }
  }
});

const post = { uri: 'at://did:plc:a/app.bsky.feed.post/x' };
const rawRecord = JSON.stringify({
  tags: ['art'],
  labels: { values: [{ val: 'porn' }] },
  reply: { parent: post },
  embed: {
    $type: 'app.bsky.embed.recordWithMedia',
    media: {
      $type: 'app.bsky.embed.gallery',
      items: [{ alt: 'a', aspectRatio: { width: 1, height: 1 } }, {}],
    },
    record: { record: post },
  },
});

test('what real calls answer fits what is described', async () => {
  await web.deliver(
    'ann',
    matchJson(1, 'a'),
    matchJson(1, 'b', { score: 'null' }),
    matchJson(2, 'a', { rawRecord }),
  );
  const seen = new Set<string>();
  async function call(
    method: string,
    path: string,
    values: Record<string, string>,
    body?: object,
    query = '',
  ): Promise<Answer> {
    const address = path.replace(/{(\w+)}/g, (_, name: string) => encodeURIComponent(values[name]!));
    const answer = await web.ask(method.toUpperCase(), address + query, asReader, body);
    const operation = description.paths[path]![method]!;
    seen.add(operation.operationId);
    const response = operation.responses[answer.status] ?? description.components.responses.Problem;
    expect(operation.responses[answer.status], `${method} ${path} ${answer.status}`).toBeDefined();
    const content = response.content?.[answer.headers['content-type']?.split(';')[0] ?? ''];
    if (answer.text === '') expect(response.content).toBeUndefined();
    else {
      const schema = '$ref' in content.schema ? description.components.schemas.Problem : content.schema;
      expect(z.fromJSONSchema(schema).safeParse(answer.json).error).toBeUndefined();
    }
    return answer;
  }
  const inbox = '/api/inboxes/{subscriber}';
  const ann = { subscriber: 'ann' };
  const { items } = (await call('get', `${inbox}/items`, ann, undefined, '?limit=1&unread=true')).json;
  const id = items[0].id as string;
  await call('put', `${inbox}/items/{id}/star`, { ...ann, id });
  await call('put', `${inbox}/items/{id}/star`, { ...ann, id: '1-1' });
  await call('delete', `${inbox}/items/{id}/star`, { ...ann, id });
  await call('post', `${inbox}/read`, ann, { up_to: id });
  await call('post', `${inbox}/unread`, ann, { ids: [id] });
  await call('get', inbox, ann);
  await call('get', `${inbox}/subscriptions`, ann);
  await call('get', '/api/inboxes', {}, undefined, '?limit=1');
  await call('get', inbox, { subscriber: 'nobody' });
  const made = (await call('post', `${inbox}/feed-tokens`, ann, { label: 'phone' })).json;
  await call('get', `${inbox}/feed-tokens`, ann);
  await call('delete', `${inbox}/feed-tokens/{id}`, { ...ann, id: made.id });
  await call('delete', `${inbox}/feed-tokens/{id}`, { ...ann, id: made.id });
  const one = '/api/subscriptions/{id}';
  const names = { id: 'cats', subscriber: 'ann' };
  await call('get', one, names);
  await call('put', one, names, { title: 'Cats' });
  await call('put', one, { id: 'dogs' }, { title: null });
  await call('get', one, names);
  await call('put', `${one}/subscribers/{subscriber}`, names);
  await call('get', one, names);
  await call('delete', `${one}/subscribers/{subscriber}`, names);
  await call('delete', `${one}/subscribers/{subscriber}`, names);
  await call('delete', one, names);
  await call('delete', one, { id: 'dogs' });
  await call('delete', inbox, ann);
  expect([...seen].sort()).toEqual(
    routes
      .filter((route) => !route.open)
      .map((route) => route.id)
      .sort(),
  );
});
