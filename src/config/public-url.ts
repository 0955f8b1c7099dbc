/** PUBLIC_URL and TRUST_PROXY: the address that people use, and the proxies between it and us. */
import { BlockList, isIP } from 'node:net';
import type { Parser } from './parsers.ts';

export interface PublicUrl {
  /** Without a slash at the end: `https://example.org/inbox`. */
  href: string;
  /** Scheme, host and port, as a browser writes them in `Origin`. */
  origin: string;
  protocol: 'http:' | 'https:';
  /** With its port, unless that is the scheme's own. */
  host: string;
  hostname: string;
  /** `/inbox`, or '' at the root of the host. */
  path: string;
}

/** First segments of our own addresses: below such a path we could not tell whether the proxy has stripped it. */
const own = new Set(
  'api assets dashboard favicon.ico feeds greader healthz inboxes metrics openapi.json operator parked reader readyz'.split(
    ' ',
  ),
);

export const publicUrl: Parser<PublicUrl> = {
  takes:
    'an address such as https://inbox.example or https://example.org/inbox: https or http, no password, no ?, no #, a path of letters, ' +
    `digits, - . _ ~ that begins with none of ${[...own].map((name) => `/${name}`).join(' ')}`,
  parse: (text) => {
    if (!/^https?:\/\/[^/?#@\\\s]+(?:\/[\w.~-]+)*\/?$/i.test(text) || !URL.canParse(text)) return undefined;
    const { origin, protocol, host, hostname, pathname } = new URL(text);
    const path = pathname.replace(/\/$/, '');
    if (!/^(?:[a-z\d._-]+|\[[\da-f:.]+\])$/.test(hostname)) return undefined;
    if (own.has(path.split('/')[1] ?? '')) return undefined;
    return {
      href: origin + path,
      origin,
      protocol: protocol as PublicUrl['protocol'],
      host,
      hostname,
      path,
    };
  },
};

const named: Record<string, readonly string[]> = { loopback: ['127.0.0.0/8', '::1'] };

/** An IPv4-mapped IPv6 address, `::ffff:10.0.0.1`, counts as the IPv4 address. */
export const proxies: Parser<BlockList> = {
  takes: 'loopback, addresses and networks, separated by commas: loopback, 192.0.2.7, 10.0.0.0/8, fd00::/8',
  parse: (text) => {
    const list = new BlockList();
    const parts = text.split(',').flatMap((part) => named[part.trim()] ?? [part.trim()]);
    return parts.every((part) => add(list, part)) ? list : undefined;
  },
};

function add(list: BlockList, part: string): boolean {
  const [address = '', bits, ...more] = part.split('/');
  const version = isIP(address);
  if (version === 0 || address.includes('%') || more.length > 0) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  if (bits === undefined) list.addAddress(address, family);
  else if (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
    list.addSubnet(address, Number(bits), family);
  else return false;
  return true;
}
