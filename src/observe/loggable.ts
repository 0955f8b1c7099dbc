/**
 * What may stand in a log line. Nobody logs a request or an error as it is; should somebody begin to, no header gets out: credentials are
 * in Authorization, Cookie, X-… and T, and the objects of Node and of HTTP clients carry them along.
 */
const header = /^((raw_?)?headers|(proxy-)?authorization|(set-)?cookies?|t|x-.*)$/i;
const DEEPEST = 5;
const HIDDEN = '…';

export const loggable = (about: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(about).map(([name, value]) => [name, shown(name, value, 1)]));

function shown(name: string, value: unknown, depth: number): unknown {
  if (header.test(name)) return HIDDEN;
  if (typeof value !== 'object' || value === null) return value;
  // Without what libraries add to their errors: requests, responses, configurations.
  if (value instanceof Error) return { type: value.name, message: value.message, stack: value.stack };
  if (value instanceof Date) return value;
  if (depth === DEEPEST) return HIDDEN;
  if (Array.isArray(value)) return value.map((one) => shown('', one, depth + 1));
  const { constructor } = value;
  // A null prototype has none.
  if (constructor !== Object && constructor !== undefined) return `[${constructor.name}]`;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, shown(key, one, depth + 1)] as const),
  );
}
