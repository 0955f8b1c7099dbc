import { hash } from 'node:crypto';

/**
 * A fixed prefix and a hash, never raw input: BullMQ accepts ids such as `meta` or `0:a:b` and loses the job. Ids only save
 * work when a job is added twice; what prevents duplicates is the inbox.
 */
export function jobId(prefix: string, ...parts: readonly string[]): string {
  return `${prefix}-${hash('sha256', JSON.stringify(parts), 'base64url')}`;
}
