import type { Parser } from './parsers.ts';

export interface HostPort {
  host: string;
  port: number;
}
interface Login {
  username?: string;
  password?: string;
}
export type RedisAddress = Login &
  (
    | { kind: 'single'; host: string; port: number; db: number; tls: boolean }
    | { kind: 'socket'; path: string; db: number }
    | { kind: 'cluster'; nodes: HostPort[]; tls: boolean }
    | { kind: 'sentinel'; sentinels: HostPort[]; name: string; db: number }
  );

export const redisUrl: Parser<RedisAddress> = {
  takes:
    'redis://[user:password@]host:port[/db], rediss://…, unix:///path, several redis:// nodes separated by commas (Cluster), ' +
    'or redis+sentinel://host:port,host:port/name; percent-encode @ : / , % in a password',
  parse: (text) => {
    try {
      if (text.startsWith('redis+sentinel://')) return sentinel(text);
      if (text.startsWith('unix://')) return socket(text);
      return text.includes(',') ? cluster(text) : single(text);
    } catch {
      return undefined;
    }
  },
};

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

const at = ({ host, port }: HostPort): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;
const list = (nodes: readonly HostPort[]): string => nodes.map(at).join(',');

/** The address without its secrets, for messages and logs. */
export function describeAddress(address: RedisAddress): string {
  switch (address.kind) {
    case 'single':
      return `${address.tls ? 'rediss' : 'redis'}://${at(address)}${address.db ? `/${address.db}` : ''}`;
    case 'socket':
      return `unix://${address.path}`;
    case 'cluster':
      return `${address.tls ? 'rediss' : 'redis'}://${list(address.nodes)}`;
    case 'sentinel':
      return `redis+sentinel://${list(address.sentinels)}/${address.name}`;
  }
}

function single(text: string): RedisAddress | undefined {
  const url = new URL(text);
  if (!/^rediss?:$/.test(url.protocol) || !url.hostname || url.search || url.hash) return undefined;
  const db = database(url.pathname.slice(1));
  if (db === undefined) return undefined;
  return { kind: 'single', ...hostPort(url, 6379), db, tls: url.protocol === 'rediss:', ...login(url) };
}

function cluster(text: string): RedisAddress | undefined {
  const [scheme] = text.split('://', 1);
  const urls = text
    .split(',')
    .map((part) => new URL(part.includes('://') ? part.trim() : `${scheme}://${part.trim()}`));
  const first = urls[0]!;
  const isNode = (url: URL) =>
    url.protocol === first.protocol && url.hostname && url.pathname.length < 2 && !url.search && !url.hash;
  if (!/^rediss?:$/.test(first.protocol) || !urls.every(isNode)) return undefined;
  const nodes = urls.map((url) => hostPort(url, 6379));
  return { kind: 'cluster', nodes, tls: first.protocol === 'rediss:', ...login(first) };
}

function sentinel(text: string): RedisAddress | undefined {
  const found = /^redis\+sentinel:\/\/(?:([^@/]*)@)?([^/@]+)\/([^/@]+)(?:\/(\d+))?$/.exec(text);
  if (!found) return undefined;
  const [, credentials, hosts, name, dbText] = found;
  const sentinels = hosts!.split(',').map((host) => hostPort(new URL(`redis://${host}`), 26379));
  if (sentinels.some(({ host }) => host === '')) return undefined;
  const user = login(new URL(`redis://${credentials ?? ''}${credentials === undefined ? '' : '@'}x`));
  return { kind: 'sentinel', sentinels, name: decodeURIComponent(name!), db: Number(dbText ?? 0), ...user };
}

function socket(text: string): RedisAddress | undefined {
  const url = new URL(text);
  if (url.hostname || url.pathname.length < 2) return undefined;
  const db = database(url.searchParams.get('db') ?? '');
  return db === undefined
    ? undefined
    : { kind: 'socket', path: decodeURIComponent(url.pathname), db, ...login(url) };
}

function hostPort(url: URL, defaultPort: number): HostPort {
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || defaultPort) };
}

function login(url: URL): Login {
  const username = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  return { ...(username && { username }), ...(password && { password }) };
}

function database(text: string): number | undefined {
  return /^\d{0,4}$/.test(text) ? Number(text || 0) : undefined;
}
