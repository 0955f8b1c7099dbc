import { ReadGivenUp } from '../../stream/bounded-reads.ts';

/** Only the error code, or our own text: the rest of a Redis error may name hosts and keys. */
export function redisWord(error: unknown): string {
  if (error instanceof ReadGivenUp) return error.message;
  const message = error instanceof Error ? error.message : '';
  return /^(?:ReplyError: )?([A-Z]{3,20})\b/.exec(message)?.[1] ?? 'Redis does not answer';
}
