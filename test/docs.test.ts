import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type SettingName, settings } from '../src/config/settings.ts';
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
const pages = [
  ...readdirSync(root),
  ...readdirSync(join(root, 'docs'), { recursive: true }).map((name) => `docs/${String(name)}`),
].filter((page) => page.endsWith('.md'));
const tablesOf = (page: string): string[] =>
  read(page)
    .split('\n')
    .filter((line) => line.startsWith('|'));
/** As GitHub makes them of headings. */
const anchorsOf = (page: string): string[] =>
  [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
/** From its heading to the next one. */
const sectionOf = (page: string, heading: string): string =>
  read(page).split(`\n### ${heading}\n`)[1]!.split('\n#')[0]!;
const scripts = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts;

test('.env.example lists every setting with its default', () => {
  const listed = [...read('.env.example').matchAll(/^# ([A-Z][A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [
    name,
    value,
  ]);
  const known = Object.entries(settings).map(([name, setting]) => [name, setting.default ?? '']);
  expect(listed).toEqual(known);
});

test('docs/settings.md has each setting once, and says what the code says', () => {
  const rows = tablesOf('docs/settings.md').filter((line) => line.startsWith('| `'));
  const told = rows.map((row) => /^\| `(.+?)` \|/.exec(row)?.[1]);
  expect(told.toSorted()).toEqual(Object.keys(settings).toSorted());
  for (const [at, name] of told.entries()) {
    const { default: value, meaning } = settings[name as SettingName];
    const cell = value === undefined ? '–' : `\`${value}\``;
    expect(rows[at]).toBe(`| \`${name}\` | ${cell} | ${meaning.replaceAll('|', '\\|')} |`);
  }
});

test('docs/commands.md names every script, and no page names one that is not there', () => {
  const namedIn = (text: string) =>
    new Set([...text.matchAll(/npm run ([\w:.-]*\w)/g)].map(([, name]) => name!));
  for (const page of pages.filter((name) => !/CHANGELOG|decisions/.test(name)))
    for (const name of namedIn(read(page))) expect(scripts, page).toHaveProperty([name]);
  const named = namedIn(read('docs/commands.md'));
  for (const name of Object.keys(scripts)) {
    if (!['start', 'test', 'prepare', 'prepack'].includes(name)) expect([...named]).toContain(name);
  }
});

/** Those of the other commands are compared with their --help, in test/commands. */
test.each([
  ['bench', 'bench/options.ts'],
  ['chaos', 'test/chaos/command.ts'],
  ['test:faults', 'test/faults/main.ts'],
])('docs/commands.md names every option of npm run %s', (name, file) => {
  const options = /^ {2}options: \{\n(.*?)^ {2}\},/ms.exec(read(file))![1]!;
  const known = [...options.matchAll(/^ {4}'?([\w-]+)'?: \{/gm)].map(([, option]) => `--${option}`);
  const told = [...sectionOf('docs/commands.md', `npm run ${name}`).matchAll(/`(--[\w-]+)`/g)];
  expect(told.map(([, option]) => option).toSorted()).toEqual(known.toSorted());
});

test('README takes ten minutes to read, and docs/README.md lists every page', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(121);
  const contents = read('docs/README.md');
  for (const name of readdirSync(join(root, 'docs')).filter((each) => /^[a-z].*\.md$/.test(each)))
    expect(contents).toContain(`](${name})`);
});

test('no line of a table is longer than 200 characters: such a table does not wrap', () => {
  const long = pages
    .flatMap((page) => tablesOf(page).map((line) => `${page}: ${line}`))
    .filter((line) => line.length > 200 + line.indexOf(': ') + 2);
  expect(long).toEqual([]);
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

test.each(pages)('%s links to what is there, and names test files that are there', (page) => {
  const text = read(page);
  for (const [, to, anchor] of text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)) {
    const path = to ? join(dirname(page), to) : page;
    expect(existsSync(join(root, path)), path).toBe(true);
    if (anchor) expect(anchorsOf(path), `${path}#${anchor}`).toContain(anchor);
  }
  for (const [path] of text.matchAll(/\btest\/[\w./-]+\.test\.ts/g))
    expect(existsSync(join(root, path)), path).toBe(true);
});

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
