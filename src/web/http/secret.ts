import { hash, timingSafeEqual } from 'node:crypto';

/** Compares in constant time. */
export function isSecret(given: Buffer, secret: string): boolean {
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', secret, 'buffer'));
}

/** The credentials of an Authorization header, undefined for another scheme. Header bytes come as latin1. */
export function credentials(header: string | undefined, scheme: 'Basic' | 'Bearer'): Buffer | undefined {
  const [given = '', value] = (header ?? '').split(' ', 2);
  if (given.toLowerCase() !== scheme.toLowerCase() || value === undefined) return undefined;
  return Buffer.from(value, scheme === 'Basic' ? 'base64' : 'latin1');
}
