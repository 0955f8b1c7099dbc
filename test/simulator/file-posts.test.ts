import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { filePosts } from '../../src/simulator/file-posts.ts';
import { madeUpPosts } from '../../src/simulator/made-up-posts.ts';
import type { Post } from '../../src/simulator/post.ts';

const folder = mkdtempSync(join(tmpdir(), 'skywire-inbox-posts-'));
afterAll(() => rmSync(folder, { recursive: true }));

const source = madeUpPosts(7);
const posts: Post[] = [source.next().value, source.next().value];
const lines = posts.map((post) => JSON.stringify(post));

function fileOf(content: string): string {
  const path = join(folder, 'posts.jsonl');
  writeFileSync(path, content);
  return path;
}

async function take(path: string, count: number): Promise<Post[]> {
  const taken: Post[] = [];
  for await (const post of filePosts(path)) {
    taken.push(post);
    if (taken.length === count) break;
  }
  return taken;
}

test('the posts come as they stand in the file, with or without a last newline, blank lines left out', async () => {
  expect(await take(fileOf(lines.join('\n')), 2)).toEqual(posts);
  expect(await take(fileOf(`\uFEFF${lines.join('\r\n\n')}\r\n`), 2)).toEqual(posts);
});

test('a line separator inside a text does not end the line', async () => {
  const post = { ...posts[0]!, text: 'one\u2028two\u0085three' };
  expect(await take(fileOf(JSON.stringify(post)), 1)).toEqual([post]);
});

test('indexed_at is cut to whole seconds', async () => {
  const line = JSON.stringify({ ...posts[0], indexed_at: '2023-11-25T07:28:29.142Z' });
  expect((await take(fileOf(line), 1))[0]!.indexed_at).toBe('2023-11-25T07:28:29Z');
});

test('past the end every round changes text and record key, the same way in every run', async () => {
  const path = fileOf(lines.join('\n'));
  const taken = await take(path, 6);
  expect(taken[2]!.text).toBe(`${posts[0]!.text} #2`);
  expect(taken[4]!.raw_record).toEqual({ ...posts[0]!.raw_record, text: `${posts[0]!.text} #3` });
  expect(taken[2]!.uri).toMatch(/\/3[2-7a-z]{12}$/);
  expect(new Set(taken.map(({ uri }) => uri)).size).toBe(6);
  expect(await take(path, 6)).toEqual(taken);
});

test('an empty last segment of a uri stays empty', async () => {
  const uri = `at://${posts[0]!.author}/app.bsky.feed.post/`;
  const taken = await take(fileOf(JSON.stringify({ ...posts[0], uri })), 2);
  expect(taken.map((post) => post.uri)).toEqual([uri, uri]);
});

test.each([
  ['{"uri": ', 'posts.jsonl:3: not JSON'],
  ['{"uri":"at://a/b/c","author":1,"text":"","indexed_at":""}', 'posts.jsonl:3: author: '],
  [
    '{"uri":"","author":"","text":"","indexed_at":"","raw_record":[]}',
    'posts.jsonl:3: raw_record: expected an object',
  ],
  ['null', 'posts.jsonl:3: the line: '],
])('a bad line is named before any post comes out: %s', async (bad, message) => {
  await expect(take(fileOf(`${lines.join('\n')}\n${bad}\n`), 1)).rejects.toThrow(message);
});

test('a file without posts, and no file at all, are said in words', async () => {
  await expect(take(fileOf('\n\n'), 1)).rejects.toThrow('posts.jsonl: contains no post');
  await expect(take(join(folder, 'none.jsonl'), 1)).rejects.toThrow('none.jsonl: cannot be read (ENOENT)');
});
