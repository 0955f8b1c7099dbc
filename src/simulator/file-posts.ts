/** Posts from a JSONL file, in a loop: from the second round on with changed text and record key, so that each stays unique. */
import { createReadStream } from 'node:fs';
import { z } from 'zod';
import { parseJson } from '../../queues/index.ts';
import { digestRkey } from './identifiers.ts';
import { type Post, withoutRkey } from './post.ts';

const text = z.string();
const lineSchema = z.object({
  uri: text,
  text,
  author: text,
  indexed_at: text,
  raw_record: z.custom<Record<string, unknown>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'expected an object',
  ),
});

/** The file is unreadable, empty or has an invalid line. The message names file and line. */
export class PostFileError extends Error {
  override name = 'PostFileError';
}

/** Endless. Validates the whole file first; streams it in each round, so its size does not matter. */
export async function* filePosts(path: string): AsyncGenerator<Post, never> {
  let posts = 0;
  for await (const _ of readPosts(path)) posts += 1;
  if (posts === 0) throw new PostFileError(`${path}: contains no post`);
  for (let round = 1; ; round += 1) {
    for await (const post of readPosts(path)) yield round === 1 ? post : inRound(round, post);
  }
}

function inRound(round: number, post: Post): Post {
  const changed = `${post.text} #${round}`;
  const stem = withoutRkey(post.uri);
  const uri = post.uri === stem ? stem : stem + digestRkey(`${round} ${post.uri}`);
  return { ...post, uri, text: changed, raw_record: { ...post.raw_record, text: changed } };
}

async function* readPosts(path: string): AsyncGenerator<Post> {
  let number = 0;
  for await (const line of readLines(path)) {
    number += 1;
    const json = line.trim();
    if (json !== '') yield parsePost(json, `${path}:${number}`);
  }
}

function parsePost(json: string, where: string): Post {
  let value: unknown;
  try {
    value = parseJson(json);
  } catch (cause) {
    throw new PostFileError(`${where}: not JSON`, { cause });
  }
  const parsed = lineSchema.safeParse(value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'the line'}: ${message}`,
    );
    throw new PostFileError(`${where}: ${problems.join('; ')}`);
  }
  const { uri, text, author, indexed_at, raw_record } = parsed.data;
  return { uri, text, author, indexed_at: indexed_at.replace(/\.\d+/, ''), raw_record };
}

/** Splits at \n only: node:readline also splits at U+2028, which is valid inside JSON. */
async function* readLines(path: string): AsyncGenerator<string> {
  let rest = '';
  try {
    for await (const chunk of createReadStream(path, 'utf8') as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      yield* lines;
    }
  } catch (cause) {
    throw new PostFileError(`${path}: cannot be read (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
  yield rest;
}
