/** Settings of what comes from Bluesky beside the stream: lookups and pictures. */
import { isIP } from 'node:net';
import { isPublicAddress } from './addresses.ts';
import { isLoopbackHost, withoutBrackets } from './loopback.ts';
import type { Parser } from './parsers.ts';
import { setting } from './setting.ts';

const PUBLIC_API_URL = 'https://public.api.bsky.app';

/** Shown at start and on the overview while lookups are off. */
export const howToLookUp =
  "Authors' names, quoted posts and withdrawals are not looked up, and no outside server is called: " +
  `to switch that on, set BLUESKY_API_URL=${PUBLIC_API_URL}`;

/** Where pictures come from; all without a final slash. */
export interface MediaSource {
  /** Serves `/img/<preset>/plain/<did>/<cid>`. */
  images: string;
  /** Serves `/watch/<did>/<cid>/thumbnail.jpg`. */
  videos: string;
  /** Origins from which a page may load pictures, redirects included. */
  origins: string[];
}

export interface BlueskySettings {
  /** undefined: nothing is ever looked up. */
  lookups: { apiUrl: string; plcUrl: string; isLoopback: boolean } | undefined;
  /** undefined: no pictures. */
  media: MediaSource | undefined;
}

const direct: MediaSource = {
  images: 'https://cdn.bsky.app',
  videos: 'https://video.bsky.app',
  // The last is where video.bsky.app redirects to.
  origins: ['https://cdn.bsky.app', 'https://video.bsky.app', 'https://video.cdn.bsky.app'],
};

/** The origin of a URL that has nothing else. The host may not contain characters that end a part of a CSP. */
function originIn(text: string): string | undefined {
  if (!/^https?:\/\/[^/?#@\\\s]+\/?$/i.test(text) || !URL.canParse(text)) return undefined;
  const { protocol, hostname, origin } = new URL(text);
  if (!/^(?:[a-z\d._-]+|\[[\da-f:.]+\])$/.test(hostname)) return undefined;
  return protocol === 'https:' || isLoopbackHost(hostname) ? origin : undefined;
}

const ORIGIN = 'https://host[:port], or http:// on this machine, without path, user, password, ? and #';
/** `named` values are taken as they are. */
const originOr = (...named: string[]): Parser<string> => ({
  takes: `${named.join(', ')}, or ${ORIGIN}`,
  parse: (text) => (named.includes(text) ? text : originIn(text)),
});

/** bluesky/http/where.ts says where lookups may go: what it would always refuse is refused at start. */
const LOOKED_UP =
  'https://host (port 443, no private address), or http:// on this machine, without path, user, password, ? and #';
function askedIn(text: string): string | undefined {
  const found = originIn(text);
  if (found === undefined) return undefined;
  const { protocol, hostname, port } = new URL(found);
  const address = withoutBrackets(hostname);
  // Of a name it is checked at each connection.
  const isInside = isLoopbackHost(hostname) || (isIP(address) > 0 && !isPublicAddress(address));
  return protocol === 'http:' || (port === '' && !isInside) ? found : undefined;
}

/** An invalid value may contain a password. */
const mayHoldSecret = { secret: true };

export const blueskySettings = {
  BLUESKY_API_URL: setting(
    { takes: `off, or ${LOOKED_UP}`, parse: (text) => (text === 'off' ? text : askedIn(text)) },
    `Where names, quoted posts and withdrawals are looked up: \`${PUBLIC_API_URL}\`; off: no call is ever made`,
    { default: 'off', ...mayHoldSecret },
  ),
  PLC_URL: setting(
    { takes: LOOKED_UP, parse: askedIn },
    "Where an author's server is looked up, if lookups are on",
    {
      default: 'https://plc.directory',
      ...mayHoldSecret,
    },
  ),
  MEDIA: setting(
    originOr('off', 'direct'),
    "Pictures in reader page, feeds and API: off; direct: from Bluesky's CDN; or the origin of a server that answers the CDN's paths",
    { default: 'off', ...mayHoldSecret },
  ),
} as const;

type BlueskyValues = Record<keyof typeof blueskySettings, string>;

const isHere = (url: string): boolean => URL.canParse(url) && isLoopbackHost(new URL(url).hostname);

/** Servers on this machine may be called only if both are: otherwise every call would be refused, without an explanation. */
export function blueskyProblems({ BLUESKY_API_URL: apiUrl, PLC_URL: plcUrl }: BlueskyValues): string[] {
  // undefined: already reported.
  if (apiUrl === undefined || plcUrl === undefined || apiUrl === 'off' || isHere(apiUrl) === isHere(plcUrl))
    return [];
  return [
    `BLUESKY_API_URL, PLC_URL: got ${apiUrl} and ${plcUrl}; lookups need both on this machine ` +
      '(a simulated Bluesky) or both elsewhere',
  ];
}

export function nestBluesky(values: BlueskyValues): BlueskySettings {
  const { BLUESKY_API_URL: apiUrl, PLC_URL: plcUrl, MEDIA: media } = values;
  const isLoopback = isHere(apiUrl) && isHere(plcUrl);
  return {
    lookups: apiUrl === 'off' ? undefined : { apiUrl, plcUrl, isLoopback },
    media: media === 'off' ? undefined : media === 'direct' ? direct : ownSource(media),
  };
}

const ownSource = (from: string): MediaSource => ({ images: from, videos: from, origins: [from] });
