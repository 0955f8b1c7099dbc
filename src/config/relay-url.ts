import type { Parser } from './parsers.ts';

/** The path defaults to /relay. Credentials are refused, because URLs are logged. */
export const relayUrl: Parser<URL> = {
  takes: 'wss://host[:port]/relay, or ws:// on this machine; without user, password, ? and #',
  parse: (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || !/^wss?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash)
      return undefined;
    if (url.pathname === '/') url.pathname = '/relay';
    return url;
  },
};
