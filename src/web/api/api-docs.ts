/** /api/docs: the API reference as one page, rendered at start from the OpenAPI document. No scripts, no external assets. */
import { hash } from 'node:crypto';
import type { Express } from 'express';
import { serveGet } from '../http/base-app.ts';
import { escapeHtml } from '../http/html.ts';

interface Media {
  schema?: unknown;
}
interface Parameter {
  name: string;
  in: string;
  required: boolean;
  schema: Record<string, unknown>;
}
interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  parameters: Parameter[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { description?: string; content?: Record<string, Media> }>;
}
export interface Description {
  info: { title: string; description: string };
  paths: Record<string, Record<string, Operation>>;
}

/** `base`: PUBLIC_URL's path. */
export function mountApiDocs(app: Express, description: Description, base: string): void {
  const page = renderApiDocs(description, base);
  const policy = `default-src 'none'; style-src 'sha256-${hash('sha256', style, 'base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  serveGet(app, '/api/docs', (_req, res) => {
    res.set({ 'Content-Security-Policy': policy, 'Cache-Control': 'no-cache' }).type('html').send(page);
  });
}

export function renderApiDocs({ info, paths }: Description, base = ''): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, about]) => ({ method, path, about })),
  );
  const index = operations.map(
    ({ method, path, about }) =>
      `<li><a href="#${about.operationId}">${endpoint(method, path)}</a> ${escapeHtml(about.summary)}</li>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(info.title)} API</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeHtml(info.title)} API</h1>
<p>${escapeHtml(info.description)} <a href="${base}/openapi.json">openapi.json</a></p>
<ul>${index.join('\n')}</ul>
${operations.map(({ method, path, about }) => section(method, path, about)).join('\n')}
</body>
</html>
`;
}

const endpoint = (method: string, path: string): string =>
  `<code><b>${method.toUpperCase()}</b> ${escapeHtml(path)}</code>`;

function section(method: string, path: string, about: Operation): string {
  const { description, parameters, requestBody, responses } = about;
  return `<section id="${about.operationId}">
<h2>${endpoint(method, path)}</h2>
<p>${escapeHtml(about.summary)}</p>
${description ? `<p>${escapeHtml(description)}</p>` : ''}
${parameters.length ? `<table><tr><th>parameter</th><th>in</th><th>takes</th></tr>${parameters.map(row).join('')}</table>` : ''}
${Object.entries(requestBody?.content ?? {})
  .map(([type, media]) => schema(`Body, ${type}`, media))
  .join('')}
${Object.entries(responses).map(response).join('\n')}
</section>`;
}

function row({ name, in: where, required, schema: { description } }: Parameter): string {
  const takes = typeof description === 'string' ? description : '';
  return `<tr><td><code>${escapeHtml(name)}</code></td><td>${where}${required ? '' : ', optional'}</td><td>${escapeHtml(takes)}</td></tr>`;
}

function response([status, { description = 'An error: application/problem+json', content }]: [
  string,
  Operation['responses'][string],
]): string {
  const medias = Object.entries(content ?? {}).filter(([type]) => type !== 'application/problem+json');
  const head = `<p><b>${status}</b> ${escapeHtml(description)}</p>`;
  return head + medias.map(([type, media]) => schema(type, media)).join('');
}

const schema = (title: string, media: Media): string =>
  media.schema === undefined
    ? `<p>${escapeHtml(title)}</p>`
    : `<details><summary>${escapeHtml(title)}</summary><pre>${escapeHtml(JSON.stringify(media.schema, null, 2))}</pre></details>`;

const style = `
:root { color-scheme: light dark; background: #fff; color: #17212e; --link: #0b57b8; }
@media (prefers-color-scheme: dark) { :root { background: #10151c; color: #e6ebf1; --link: #8ab8ff; } }
a { color: var(--link); }
body { overflow-wrap: anywhere; font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
section { border-top: 1px solid #8886; margin-top: 2rem; }
h2 { font-size: 1.1rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; }
pre { overflow: auto; padding: .75rem; background: #8881; }
a code { color: inherit; }
`;
