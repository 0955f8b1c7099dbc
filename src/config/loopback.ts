import { isIP } from 'node:net';

export function isLoopbackHost(host: string): boolean {
  const bare = withoutBrackets(host).toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

/** `[::1]`, as a URL spells it, is the address ::1. */
export const withoutBrackets = (host: string): string => host.replace(/^\[|\]$/g, '');
