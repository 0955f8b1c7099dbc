import { hash, timingSafeEqual } from 'node:crypto';

/** Whether the two are equal, in a time that says nothing about where they differ. A header's bytes come as latin1. */
export function isSecret(given: Buffer, secret: string): boolean {
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', secret, 'buffer'));
}

/** What follows the scheme in the Authorization header; undefined where there is none, or another scheme. */
export function credentials(header: string | undefined, scheme: 'Basic' | 'Bearer'): Buffer | undefined {
  const [given = '', value] = (header ?? '').split(' ', 2);
  if (given.toLowerCase() !== scheme.toLowerCase() || value === undefined) return undefined;
  return Buffer.from(value, scheme === 'Basic' ? 'base64' : 'latin1');
}
