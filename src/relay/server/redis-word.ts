/** The error code alone: the rest of a Redis error may name hosts and keys. */
export function redisWord(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  return /^(?:ReplyError: )?([A-Z]{3,20})\b/.exec(message)?.[1] ?? 'Redis does not answer';
}
