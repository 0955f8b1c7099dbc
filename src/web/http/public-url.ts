/** The address that clients use, and the clients' own: from PUBLIC_URL and TRUST_PROXY, otherwise from the request. */
import type { Request, RequestHandler } from 'express';
import type { Config } from '../../config/config.ts';
import { clientAddress, isOneOf } from './client-address.ts';

type Front = Pick<Config['http'], 'publicUrl' | 'proxies'>;

/**
 * Comes before everything else. Strips PUBLIC_URL's path if a proxy has kept it, and completes `originalUrl` if one has not:
 * routes never see the path, and `originalUrl` is what the client requested.
 */
export function behindProxy(front: Front): RequestHandler {
  const path = front.publicUrl?.path ?? '';
  return (req, res, next) => {
    res.locals['front'] = front;
    if (path && req.url.startsWith('/')) {
      if (req.url.startsWith(path) && /^[/?]?$/.test(req.url.charAt(path.length)))
        req.url = req.url.slice(path.length).replace(/^(?!\/)/, '/');
      req.originalUrl = path + req.url;
    }
    next();
  };
}

const frontOf = (req: Request): Front => (req.res?.locals['front'] as Front | undefined) ?? {};

/** For links that leave this server, without a slash at the end: PUBLIC_URL, or scheme and host as the client sees them. */
export function publicUrlOf(req: Request): string {
  const { publicUrl } = frontOf(req);
  if (publicUrl) return publicUrl.href;
  const host = req.headers.host ?? '';
  return `${isSecure(req) ? 'https' : 'http'}://${hostHeader.test(host) ? host : 'localhost'}`;
}

const hostHeader = /^[a-z0-9._-]+(:\d{1,5})?$|^\[[0-9a-f:.]+\](:\d{1,5})?$/i;

/** Whether the client speaks TLS: to us, to a trusted proxy that says so, or to PUBLIC_URL. */
export function isSecure(req: Request): boolean {
  const { publicUrl, proxies } = frontOf(req);
  if (proxies && isOneOf(proxies, req.socket.remoteAddress)) {
    const [said] = /^https?(?=\s*(?:,|$))/i.exec(String(req.headers['x-forwarded-proto'] ?? '').trim()) ?? [];
    if (said) return said.toLowerCase() === 'https';
  }
  if (req.protocol === 'https') return true;
  return publicUrl?.protocol === 'https:' && hostOf(req, 'https:') === publicUrl.host;
}

/** The client's address, for limits and the operator log. '' if the client is gone. */
export function clientOf(req: Request): string {
  const { proxies } = frontOf(req);
  const { remoteAddress } = req.socket;
  return clientAddress(remoteAddress, headerText(req.headers['x-forwarded-for']), proxies);
}

const headerText = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(',') : value;

/** Whether a page of this address is ours. */
export function isOwnOrigin(req: Request, origin: string): boolean {
  const { publicUrl } = frontOf(req);
  if (!URL.canParse(origin)) return false;
  const from = new URL(origin);
  if (publicUrl && from.origin === publicUrl.origin) return true;
  const host = hostOf(req, from.protocol);
  // Without PUBLIC_URL the scheme is not compared: it differs behind a proxy that terminates TLS.
  return from.host !== '' && host === from.host && hostOf(req, publicUrl?.protocol) !== publicUrl?.host;
}

/** The header `Host` in the spelling of a URL, without the scheme's own port. */
function hostOf({ headers: { host } }: Request, protocol = 'http:'): string | undefined {
  const url = `${protocol}//${host ?? ''}`;
  return host !== undefined && URL.canParse(url) ? new URL(url).host : undefined;
}
