/** Parameters of the operator's routes. */
import { z } from 'zod';
import { idPattern } from '../../../queues/index.ts';

const short = z.string().min(1).max(2_000);

/** An empty form field is no condition. */
const optional = z
  .string()
  .max(2_000)
  .optional()
  .transform((text) => text?.trim() || undefined);

export const filterFields = {
  group: optional,
  subscription: optional,
  not_subscription: optional,
  subscriber: optional,
  uri: optional,
  stream_id: optional,
  text: optional,
};

const wholeNumber = (most: number, fallback: number) =>
  z
    .string()
    .regex(/^\d{1,7}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value <= most, `must be at most ${most}`)
    .default(fallback);

export const searchQuery = z.strictObject({
  ...filterFields,
  offset: wholeNumber(1_000_000, 0),
  limit: wholeNumber(200, 50),
});
const exportId = z.uuid('must be a UUID, made up by whoever asks for the export');
const hasCondition = (filter: object): boolean => Object.values(filter).some(Boolean);
export const exportQuery = z
  .strictObject({ ...filterFields, as: exportId.optional() })
  .refine(
    ({ as, ...filter }) => as === undefined || hasCondition(filter),
    'as needs a group or another condition',
  );
export const exportParams = z.object({ id: exportId });
export const discardBody = z.strictObject({ export: exportId, jobs: z.int().min(1) });
export const runBody = z
  .strictObject(filterFields)
  .refine(hasCondition, 'needs a group or another condition');
export const jobParams = z.object({ queue: short, job: short });
export const retryBody = z.strictObject({ data: z.string().optional() });
export const nothing = z.strictObject({});
export const logQuery = z.strictObject({
  before: z.string().regex(idPattern, 'must be an id of the log').optional(),
  limit: wholeNumber(500, 50),
});

export function definedOnly<T extends object>(filter: T): { [Name in keyof T]?: NonNullable<T[Name]> } {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as never;
}
