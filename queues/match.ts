/**
 * What Skywire sends: one stream entry for each (subscription, post), a JSON text in the field `data`.
 * Owns the wire format and the identity of a post. Reads nothing else; never changes a byte of a post.
 */
import { hash } from 'node:crypto';
import { z } from 'zod';
import { CANARY } from './canary.ts';
import { memberText } from './json-text.ts';
import { parseJson } from './parse-json.ts';

/** In UTF-8 bytes. Larger matches are malformed: a page of them would be too large for any reader. */
export const MAX_MATCH_BYTES = 4 * 1024 * 1024;

const text = z.string();
const wireSchema = z.object({
  subscription_id: text.min(1, 'must not be empty'),
  match_score: z.number().nullish(),
  post: z.object({
    uri: text,
    text,
    author: text,
    indexed_at: text,
    raw_record: z.custom<object>((value) => isObject(value), 'expected an object'),
  }),
});

type Wire = z.output<typeof wireSchema>;

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Nothing that the schema would refuse. Every match is asked this; the schema, which costs more, says what is wrong with the few. */
function isWire(value: unknown): value is Wire {
  if (!isObject(value)) return false;
  const { subscription_id, match_score, post } = value as Record<keyof Wire, unknown>;
  if (typeof subscription_id !== 'string' || subscription_id === '' || !isObject(post)) return false;
  if (match_score !== undefined && match_score !== null && !Number.isFinite(match_score)) return false;
  const { uri, text, author, indexed_at, raw_record } = post as Record<keyof Wire['post'], unknown>;
  const isText = typeof uri === 'string' && typeof text === 'string' && typeof author === 'string';
  return isText && typeof indexed_at === 'string' && isObject(raw_record);
}

export interface Match {
  subscriptionId: string;
  /** A JSON number, or `null`. */
  scoreJson: string;
  /** The post, byte for byte: re-encoding would break large integers, -0 and escapes. */
  postJson: string;
  /** Same post, same identity: 22 characters of base64url. */
  identity: string;
  /** Its identity in inboxes of earlier versions, if different: made from a uri with a record key, which its author can choose. */
  formerIdentity: string | undefined;
}

export type Parsed = { match: Match } | { malformed: string };

/** Never throws: otherwise `malformed` says what is wrong and where. */
export function parseMatch(json: string): Parsed {
  let value: unknown;
  try {
    value = parseJson(json);
  } catch (error) {
    return { malformed: `not JSON${position(error)}` };
  }
  const wire = isWire(value) ? { success: true as const, data: value } : wireSchema.safeParse(value);
  if (!wire.success) return { malformed: wire.error.issues.map(issueText).join('; ') };
  const { subscription_id, match_score, post } = wire.data;
  let postJson: string | undefined;
  try {
    postJson = memberText(json, 'post');
  } catch (error) {
    return { malformed: (error as RangeError).message };
  }
  if (postJson === undefined) return { malformed: 'post: not found in the text' };
  const scoreJson = JSON.stringify(match_score ?? null);
  const byUri = namesRecord.test(post.uri) ? digest(`uri ${JSON.stringify(post.uri)}`) : undefined;
  const about = { subscriptionId: subscription_id, scoreJson, postJson };
  // Our own test matches differ only in their uri, also those of an earlier version's pump.
  if (subscription_id === CANARY && byUri)
    return { match: { ...about, identity: byUri, formerIdentity: undefined } };
  return { match: { ...about, identity: postIdentity(post), formerIdentity: byUri } };
}

/**
 * The author and the record, keys in any order. Without the uri: Skywire currently leaves its key empty, which gives all posts of an
 * author the same one, and an author can choose it. Without `indexed_at`, which a replay stamps anew.
 */
const postIdentity = (post: { author: string; raw_record: object }): string =>
  digest(`record ${JSON.stringify(post.author)} ${canonicalJson(post.raw_record)}`);

/** `at://author/collection/key`, if the key is there. */
const namesRecord = /^at:\/\/[^/]+\/[^/]+\/[^/]+$/;

const digest = (input: string): string => hash('sha256', input, 'base64url').slice(0, 22);

/** JSON with sorted keys. The value's depth must be bounded. */
function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  let inside = '';
  if (Array.isArray(value)) {
    for (const item of value) inside += `${inside && ','}${canonicalJson(item)}`;
    return `[${inside}]`;
  }
  for (const key of inOrder(Object.keys(value))) {
    const member: unknown = value[key as keyof typeof value];
    inside += `${inside && ','}${quoted(key)}:${canonicalJson(member)}`;
  }
  return `{${inside}}`;
}

/** Of ASCII alone, without what JSON escapes. */
const plain = /^[ !#-[\]-~]*$/;
const SHORT = 100;
/** JSON.stringify, which costs more to call than a short text costs to look through. */
const quoted = (text: string): string =>
  text.length < SHORT && plain.test(text) ? `"${text}"` : JSON.stringify(text);

const FEW = 16;
/** As sort() has them, which costs more to call than a few keys cost to put in order. */
function inOrder(keys: string[]): string[] {
  if (keys.length > FEW) return keys.sort();
  for (let at = 1; at < keys.length; at += 1) {
    const key = keys[at]!;
    let to = at;
    for (; to > 0 && key < keys[to - 1]!; to -= 1) keys[to] = keys[to - 1]!;
    keys[to] = key;
  }
  return keys;
}

/** Only the position: the rest of the parser's message quotes the input. */
function position(error: unknown): string {
  const at = / at position (\d+)(?: \(line \d+ column \d+\))?$/.exec(String(error))?.[1];
  return at ? ` (position ${at})` : '';
}

function issueText(issue: z.core.$ZodIssue): string {
  return issue.path.length ? `${issue.path.join('.')}: ${issue.message}` : issue.message;
}
