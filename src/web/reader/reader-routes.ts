/** `/reader/<subscriber>`: an inbox as a web page. The page itself is static and loads its items from the API. */
import { readFileSync } from 'node:fs';
import type { Express, Response } from 'express';
import type { MediaSource } from '../../config/config.ts';
import type { FeedTokens } from '../../inbox/feed-tokens.ts';
import { encodeName } from '../../redis/keys.ts';
import { hasTokenCookie, type ReaderAccess, TOKEN_COOKIE } from '../access/reader-access.ts';
import { contentPolicyWith, serveAssets } from '../http/assets.ts';
import { noStore, serveGet } from '../http/base-app.ts';
import { Problem } from '../http/problem.ts';
import { isSecure } from '../http/public-url.ts';

const ours = (name: string): URL => new URL(name, import.meta.url);
const assets = [
  'reader.js',
  'inbox-view.js',
  'items.js',
  'view.js',
  'side.js',
  'search-box.js',
  'keys.js',
  'lightbox.js',
  'changes.js',
  'marking.js',
  'mark-all.js',
  'live.js',
  'speaker.js',
  'requests.js',
  'rest.js',
  'ids.js',
  'item-view.js',
  'author-view.js',
  'media-view.js',
  'reference-view.js',
  'when.js',
  'icons.js',
  'dom.js',
  'post.js',
  'base.css',
  'reader.css',
  'side.css',
  'post.css',
  'media.css',
  'dialogs.css',
];
const COOKIE_S = 180 * 86_400;

interface ReaderDeps {
  access: ReaderAccess;
  feedTokens: FeedTokens;
  media: MediaSource | undefined;
  /** PUBLIC_URL's path. */
  base: string;
}

export function mountReader(app: Express, { access, feedTokens, media, base }: ReaderDeps): void {
  const policy = contentPolicyWith(media?.origins ?? []);
  const html = readFileSync(ours('reader.html'), 'utf8').replaceAll('{base}', base);
  serveGet(app, '/reader/:subscriber', noStore, async (req, res) => {
    res.set('Content-Security-Policy', policy);
    const name = String(req.params['subscriber']);
    const inbox = encodeName(name);
    if (inbox === undefined) throw new Problem(404, 'Not a valid inbox name');
    const { token } = req.query;
    const segment = encodeURIComponent(name);
    const paths = [`${base}/reader/${segment}`, `${base}/api/inboxes/${segment}`];
    if (typeof token === 'string' && (await feedTokens.inboxOf(token)) === inbox) {
      keepToken(res, token, paths, isSecure(req));
      // Removes the token from the URL, because URLs end up in histories and logs.
      res.redirect(303, `${base}/reader/${segment}`);
      return;
    }
    const admission = await access.of(req, inbox, true);
    if (admission === undefined)
      throw new Problem(401, 'Log in, or open a link with a token of this inbox', {
        'WWW-Authenticate': access.challenges(true),
      });
    // Revoked: with this cookie the page's requests would be refused before the browser sends the login.
    if (admission.feedToken === undefined && hasTokenCookie(req.headers.cookie))
      keepToken(res, '', paths, isSecure(req));
    res.type('html').send(html);
  });
  serveAssets(app, Object.fromEntries(assets.map((name) => [name, ours(name)])));
}

/** Only for this inbox's paths; without a token, forgets it. Lax, so that links from other sites work; the write guard rejects their writes. */
function keepToken(res: Response, token: string, paths: readonly string[], secure: boolean): void {
  for (const path of paths)
    res.append(
      'Set-Cookie',
      `${TOKEN_COOKIE}=${token}; Path=${path}; Max-Age=${token === '' ? 0 : COOKIE_S}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`,
    );
}
