import type { Request } from 'express';

const hostHeader = /^[a-z0-9._-]+(:\d{1,5})?$|^\[[0-9a-f:.]+\](:\d{1,5})?$/i;

/**
 * Scheme and host as the client sees them, for links in replies to it. X-Forwarded-Proto comes from a proxy that terminates TLS;
 * a client that forges it only gets wrong links.
 */
export function originOf({ headers, protocol }: Request): string {
  const host = headers.host ?? '';
  return `${isSecure({ headers, protocol }) ? 'https' : 'http'}://${hostHeader.test(host) ? host : 'localhost'}`;
}

export function isSecure({ headers, protocol }: Pick<Request, 'headers' | 'protocol'>): boolean {
  const forwarded = String(headers['x-forwarded-proto'] ?? '')
    .split(',', 1)[0]!
    .trim();
  return protocol === 'https' || forwarded.toLowerCase() === 'https';
}
