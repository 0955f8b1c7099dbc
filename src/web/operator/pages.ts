/** Serves the operator's pages and their assets: the files in pages/, and uPlot from its package. Nothing from other hosts. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Express, RequestHandler } from 'express';
import { howToLookUp } from '../../config/bluesky-settings.ts';
import type { Config } from '../../config/config.ts';
import { type Login, requireLogin } from '../access/login.ts';
import { contentPolicy, serveAssets } from '../http/assets.ts';
import { noStore, serveGet } from '../http/base-app.ts';
import { escapeHtml } from '../http/html.ts';

const ours = (name: string): URL => new URL(`pages/${name}`, import.meta.url);
const uplot = (name: string): string =>
  `${dirname(createRequire(import.meta.url).resolve('uplot/package.json'))}/dist/${name}`;

const scripts = [
  'page',
  'overview',
  'flow',
  'plots',
  'parked',
  'operator-log',
  'parked-job',
  'parked-run',
  'parked-discard',
  'parked-group',
  'inboxes',
  'inbox-tokens',
  'inbox-erase',
];

export function mountPages(
  app: Express,
  login: Login,
  { http, lookups }: Pick<Config, 'http' | 'lookups'>,
): void {
  const base = http.publicUrl?.path ?? '';
  const overview = page(base, 'overview', 'Overview', '/', ['uplot.css', 'page.css'], {
    lookups: lookups ? '' : `<p class="soft" id="lookups">${escapeHtml(howToLookUp)}.</p>`,
  });
  serveGet(app, '/', noStore, requireLogin(login), overview);
  for (const [name, title] of [
    ['inboxes', 'Inboxes'],
    ['parked', 'Parked'],
  ] as const) {
    const path = `/${name}`;
    serveGet(app, path, noStore, requireLogin(login), page(base, name, title, path, ['page.css']));
  }
  serveAssets(app, {
    'page.css': ours('page.css'),
    ...Object.fromEntries(scripts.map((name) => [`${name}.js`, ours(`${name}.js`)])),
    'uplot.js': uplot('uPlot.esm.js'),
    'uplot.css': uplot('uPlot.min.css'),
  });
}

function page(
  base: string,
  name: string,
  title: string,
  path: string,
  styles: readonly string[],
  words: Record<string, string> = {},
): RequestHandler {
  const read = (file: string): string => readFileSync(ours(file), 'utf8');
  const links = styles.map((file) => `<link rel="stylesheet" href="{base}/assets/${file}" />`);
  const html = read('frame.html')
    .replace('{title}', title)
    .replace('{styles}', links.join('\n    '))
    .replace('{name}', name)
    .replace(`href="{base}${path}"`, `href="{base}${path}" aria-current="page"`)
    .replaceAll('{base}', base)
    .replace('{content}', () => read(`${name}.html`).replace(/\{(\w+)\}/g, (_, word) => words[word]!));
  return (_req, res) => {
    res.set('Content-Security-Policy', contentPolicy).type('html').send(html);
  };
}
