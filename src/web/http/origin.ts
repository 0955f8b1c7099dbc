import type { Request } from 'express';

const hostHeader = /^[a-z0-9._-]+(:\d{1,5})?$|^\[[0-9a-f:.]+\](:\d{1,5})?$/i;

/**
 * Scheme and host as the client named them, for links in an answer to this very client. A proxy that ends TLS says so in
 * X-Forwarded-Proto; who forges it gets wrong links and nothing else.
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
