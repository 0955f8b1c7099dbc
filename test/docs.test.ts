import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { settings } from '../src/config/settings.ts';
import {
  booksKeys,
  byHandKey,
  canaryTurnKey,
  cursorKey,
  cursorMarksKey,
  cursorServersKey,
  discardKeys,
  erasuresKey,
  exportedKey,
  feedTokenKey,
  historyKeys,
  inboxKeys,
  inboxListKey,
  keptKey,
  knownKeys,
  lookupKeys,
  lossesKey,
  maintenanceKeys,
  operatorLogKey,
  payloadsKey,
  postKey,
  queuePrefix,
  retryRunKeys,
  servedKey,
  subscriptionKeys,
  titleKey,
  upgradedAtKey,
} from '../src/redis/keys.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const readme = read('README.md');
const scripts = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts;

test('.env.example lists every setting with its default', () => {
  const listed = [...read('.env.example').matchAll(/^# ([A-Z][A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [
    name,
    value,
  ]);
  const known = Object.entries(settings).map(([name, setting]) => [name, setting.default ?? '']);
  expect(listed).toEqual(known);
});

test("README's table of settings says what the code says", () => {
  const rows = readme.split('\n').map((line) => line.replace(/ +/g, ' '));
  for (const [name, setting] of Object.entries(settings)) {
    const row = rows.find((line) => line.startsWith(`| \`${name}\` |`));
    expect(row, name).toContain(setting.meaning.replaceAll('|', '\\|'));
    expect(row).toContain(setting.default === undefined ? '| – |' : `\`${setting.default}\``);
  }
});

test('README names every script, and none that is not there', () => {
  const named = new Set([...readme.matchAll(/npm run ([\w:.-]*\w)/g)].map(([, name]) => name!));
  for (const name of named) expect(scripts, name).toHaveProperty([name]);
  for (const name of Object.keys(scripts)) {
    if (!['start', 'test', 'prepare'].includes(name)) expect([...named]).toContain(name);
  }
});

test('docs/keys.md names every key', () => {
  const keys = read('docs/keys.md');
  const made = [
    ...Object.values(inboxKeys('<s>')),
    ...Object.values(subscriptionKeys('<id>')),
    titleKey('<id>'),
    postKey('<identity>'),
    feedTokenKey('<hash>'),
    servedKey('<hash>'),
    cursorKey('<stream>', '<group>'),
    cursorServersKey('<stream>', '<group>'),
    cursorMarksKey('<stream>', '<group>'),
    lossesKey,
    canaryTurnKey,
    ...Object.values(booksKeys('<queue>')),
    payloadsKey('<queue>'),
    upgradedAtKey,
    keptKey('<queue>'),
    queuePrefix('<queue>'),
    byHandKey('<job>'),
    operatorLogKey,
    ...Object.values(retryRunKeys),
    ...Object.values(discardKeys),
    ...Object.values(exportedKey('<id>')),
    ...Object.values(historyKeys),
    inboxListKey(0).replace('0}', '<n>}'),
    ...Object.values(maintenanceKeys),
    'skywire-inbox:erased:',
    erasuresKey,
    'skywire-inbox:{enrich}:server:',
    ...Object.values(lookupKeys),
    ...Object.values(knownKeys('cache', 0)).map((key) => key.replace('0}', '<n>}')),
    ...Object.values(knownKeys('posts', 0)).map((key) => key.replace('0}', '<n>}')),
  ];
  for (const key of made) expect(keys).toContain(`\`${key}`);
});

const pages = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'), { recursive: true }).map((name) => `docs/${String(name)}`),
];
test.each(pages.filter((page) => page.endsWith('.md')))(
  '%s links to what is there, and names test files that are there',
  (page) => {
    const text = read(page);
    for (const [, to] of text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g))
      expect(existsSync(join(root, dirname(page), to!)), to).toBe(true);
    for (const [path] of text.matchAll(/\btest\/[\w./-]+\.test\.ts/g))
      expect(existsSync(join(root, path)), path).toBe(true);
  },
);

test('every file that docs/architecture.md names is there', () => {
  const files = ['src', 'queues', 'processors', 'docs', 'deploy', 'test'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => `/${folder}/${String(name)}`),
  );
  for (const [, path] of read('docs/architecture.md').matchAll(/`([\w./-]+\.(?:ts|lua|md|yml|acl))`/g))
    expect(
      files.some((file) => file.endsWith(`/${path}`)),
      path,
    ).toBe(true);
});
