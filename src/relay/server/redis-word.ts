/** What of a failure of Redis a pump may know: its code. The rest of a message may name hosts and keys. */
export function redisWord(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  return /^(?:ReplyError: )?([A-Z]{3,20})\b/.exec(message)?.[1] ?? 'Redis does not answer';
}
