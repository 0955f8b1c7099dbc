/** The assets of our pages: nothing from elsewhere. */
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { Express } from 'express';
import { serveGet } from './base-app.ts';

/** `pictures`: origins from which the page shows pictures, too. */
export const contentPolicyWith = (pictures: readonly string[]): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    ["img-src 'self' data:", ...pictures].join(' '),
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
export const contentPolicy = contentPolicyWith([]);

const types: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** By name: nothing else on the disk can be requested. */
export function serveAssets(app: Express, files: Record<string, URL | string>): void {
  for (const [name, file] of Object.entries(files)) {
    const text = readFileSync(file, 'utf8');
    serveGet(app, `/assets/${name}`, (_req, res) => {
      res.set({ 'Content-Type': types[extname(name)], 'Cache-Control': 'no-cache' }).send(text);
    });
  }
}
