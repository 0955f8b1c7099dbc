import { hash } from 'node:crypto';

/**
 * A job's id: a fixed prefix and a hash, never raw input. BullMQ takes ids such as `meta` or `0:a:b` and loses the job;
 * an id saves work when the same thing is added twice, it is no proof against duplicates (the inbox is).
 */
export function jobId(prefix: string, ...parts: readonly string[]): string {
  return `${prefix}-${hash('sha256', JSON.stringify(parts), 'base64url')}`;
}
