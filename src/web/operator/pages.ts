/** Serves the operator's pages and their assets: the files in pages/, and uPlot from its package. Nothing from other hosts. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname } from 'node:path';
import type { Express, RequestHandler } from 'express';
import { type Login, requireLogin } from '../access/login.ts';
import { noStore, serveGet } from '../http/base-app.ts';

const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const types: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const ours = (name: string): URL => new URL(`pages/${name}`, import.meta.url);
const uplot = (name: string): string =>
  `${dirname(createRequire(import.meta.url).resolve('uplot/package.json'))}/dist/${name}`;

/** An allow list: no path is read from a request. */
const assets: Record<string, URL | string> = {
  'page.css': ours('page.css'),
  'page.js': ours('page.js'),
  'overview.js': ours('overview.js'),
  'flow.js': ours('flow.js'),
  'plots.js': ours('plots.js'),
  'parked.js': ours('parked.js'),
  'operator-log.js': ours('operator-log.js'),
  'parked-job.js': ours('parked-job.js'),
  'parked-run.js': ours('parked-run.js'),
  'uplot.js': uplot('uPlot.esm.js'),
  'uplot.css': uplot('uPlot.min.css'),
};

export function mountPages(app: Express, login: Login): void {
  serveGet(app, '/', noStore, requireLogin(login), page('overview.html'));
  serveGet(app, '/parked', noStore, requireLogin(login), page('parked.html'));
  for (const [name, file] of Object.entries(assets)) {
    const text = readFileSync(file, 'utf8');
    serveGet(app, `/assets/${name}`, (_req, res) => {
      res.set({ 'Content-Type': types[extname(name)], 'Cache-Control': 'no-cache' }).send(text);
    });
  }
}

function page(name: string): RequestHandler {
  const html = readFileSync(ours(name), 'utf8');
  return (_req, res) => {
    res.set('Content-Security-Policy', contentPolicy).type('html').send(html);
  };
}
