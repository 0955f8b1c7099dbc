/** What the API takes, and how it says so. */
import { z } from 'zod';
import { canonicalId, idPattern } from '../../../queues/index.ts';
import { encodeName, MAX_NAME_BYTES } from '../../redis/keys.ts';

/** A text that `read` makes a value of; undefined: refused, with what it takes. `shape`: how it looks to a client. */
function readable<Value>(
  takes: string,
  shape: Record<string, unknown>,
  read: (text: string) => Value | undefined,
) {
  return z
    .string({ error: `takes ${takes}` })
    .transform((text, context): Value => {
      const value = read(text);
      if (value !== undefined) return value;
      context.addIssue(`takes ${takes}`);
      return z.NEVER;
    })
    .meta({ ...shape, description: `${takes[0]!.toUpperCase()}${takes.slice(1)}` });
}

const aName = `1 to ${MAX_NAME_BYTES} bytes of valid Unicode`;

/** A subscriber's or a subscription's name, encoded for its key. */
export const encodedName = readable(aName, {}, encodeName);
/** A name as it is. */
export const plainName = readable(aName, {}, (name) => (encodeName(name) === undefined ? undefined : name));

/** An item's id in its one canonical form: Redis takes `07-0` for `7-0`, sorted sets do not. */
export const itemId = readable(
  'the id of an item, <digits>-<digits>',
  { pattern: idPattern.source, examples: ['1704888000000-0'] },
  (text) => (idPattern.test(text) ? canonicalId(text) : undefined),
);

const dateTime = z.iso.datetime({ offset: true });

/** In ms since 1970. */
export const time = readable(
  'a time as in 2024-01-10T12:00:00Z, from 1970 on',
  { format: 'date-time', examples: ['2024-01-10T12:00:00Z'] },
  (text) => {
    const ms = dateTime.safeParse(text).success ? Date.parse(text) : -1;
    return ms >= 0 ? ms : undefined;
  },
).optional();

export const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1_000;

export const limit = readable(
  `a whole number from 1 to ${MAX_LIMIT}; ${DEFAULT_LIMIT} where it is not given`,
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

const MAX_IDS = 1_000;
const manyIds = `a list of 1 to ${MAX_IDS} ids of items`;

export const itemIds = z
  .array(itemId, { error: `takes ${manyIds}` })
  .min(1, `takes ${manyIds}`)
  .max(MAX_IDS, `takes ${manyIds}`);
