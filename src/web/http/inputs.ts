/** Parameters of the API: validation, messages and OpenAPI schemas. */
import { z } from 'zod';
import { canonicalId, idPattern } from '../../../queues/index.ts';
import { encodeName, MAX_NAME_BYTES } from '../../redis/keys.ts';

/** `read` returns undefined for an invalid text. `shape`: its OpenAPI schema. */
function readable<Value>(
  expected: string,
  shape: Record<string, unknown>,
  read: (text: string) => Value | undefined,
) {
  return z
    .string({ error: `must be ${expected}` })
    .transform((text, context): Value => {
      const value = read(text);
      if (value !== undefined) return value;
      context.addIssue(`must be ${expected}`);
      return z.NEVER;
    })
    .meta({ ...shape, description: `${expected[0]!.toUpperCase()}${expected.slice(1)}` });
}

const aName = `1 to ${MAX_NAME_BYTES} bytes of valid Unicode`;

/** The name of a subscriber or subscription, encoded for its key. */
export const encodedName = readable(aName, {}, encodeName);
/** The same, not encoded. */
export const plainName = readable(aName, {}, (name) => (encodeName(name) === undefined ? undefined : name));

/** An item id in canonical form: XRANGE reads `07-0` as `7-0`, sorted sets do not. */
export const itemId = readable(
  'an item id, <digits>-<digits>',
  { pattern: idPattern.source, examples: ['1704888000000-0'] },
  (text) => (idPattern.test(text) ? canonicalId(text) : undefined),
);

const dateTime = z.iso.datetime({ offset: true });

/** In ms since 1970. */
export const time = readable(
  'a time such as 2024-01-10T12:00:00Z, from 1970 on',
  { format: 'date-time', examples: ['2024-01-10T12:00:00Z'] },
  (text) => {
    const ms = dateTime.safeParse(text).success ? Date.parse(text) : -1;
    return ms >= 0 ? ms : undefined;
  },
).optional();

export const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1_000;

export const limit = readable(
  `a whole number from 1 to ${MAX_LIMIT}; default ${DEFAULT_LIMIT}`,
  { type: 'integer', minimum: 1, maximum: MAX_LIMIT },
  (text) => {
    const value = /^\d{1,4}$/.test(text) ? Number(text) : 0;
    return value >= 1 && value <= MAX_LIMIT ? value : undefined;
  },
).optional();

const flags: Record<string, boolean> = { true: true, 1: true, false: false, 0: false };

export const flag = readable('true, false, 1 or 0', { enum: ['true', 'false', '1', '0'] }, (text) =>
  Object.hasOwn(flags, text) ? flags[text] : undefined,
).optional();

const MAX_WORDS_LENGTH = 500;

/** Separated by white space; none: no search. */
export const words = readable(
  `the words to find, at most ${MAX_WORDS_LENGTH} characters: every one, in any case, in the post's text, its author's name or handle, alt texts or card`,
  { maxLength: MAX_WORDS_LENGTH },
  (text) => (text.length > MAX_WORDS_LENGTH ? undefined : text.split(/\s+/).filter((word) => word !== '')),
).optional();

const MAX_IDS = 1_000;
const idsError = `must be a list of 1 to ${MAX_IDS} item ids`;

export const itemIds = z.array(itemId, { error: idsError }).min(1, idsError).max(MAX_IDS, idsError);
