import { isIP } from 'node:net';

export function isLoopbackHost(host: string): boolean {
  const bare = withoutBrackets(host).toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

/** URLs write ::1 as `[::1]`. */
export const withoutBrackets = (host: string): string => host.replace(/^\[|\]$/g, '');
