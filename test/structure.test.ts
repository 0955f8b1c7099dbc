import { expect, test } from 'vitest';
import { project, readProject } from './structure/read.ts';
import * as rules from './structure/rules.ts';

const { homes, ...single } = rules;
const all: Record<string, rules.Rule> = { ...single, ...homes };
const ours = readProject(new URL('../', import.meta.url));

test.each(Object.keys(all))('%s holds', (name) => {
  expect(all[name]!(ours)).toEqual([]);
});

/** Files that break a rule, each by itself: the rule must say so. */
const offences: [rule: string, files: Record<string, string>][] = [
  ['oneArrow', { 'queues/a.ts': `import { b } from '../src/b.ts';`, 'src/b.ts': 'export const b = 1;' }],
  [
    'layersOfSrc',
    { 'src/redis/a.ts': `import { b } from '../web/b.ts';`, 'src/web/b.ts': 'export const b = 1;' },
  ],
  [
    'layersOfSrc',
    { 'src/pump/a.ts': `import { b } from '../inbox/b.ts';`, 'src/inbox/b.ts': 'export const b = 1;' },
  ],
  ['pureCore', { 'processors/a.ts': `import { Redis } from 'ioredis';` }],
  [
    'noCycles',
    {
      'src/web/a.ts': `import { b } from './b.ts'; export const a = b;`,
      'src/web/b.ts': `import { a } from './a.ts'; export const b = a;`,
    },
  ],
  ['keysInOneFile', { 'src/web/a.ts': 'export const key = (s: string) => `inbox:{${s}}`;' }],
  ['shortFiles', { 'src/web/a.ts': 'export const a = 1;\n'.repeat(201) }],
  ['noDrawers', { 'src/web/utils.ts': 'export const a = 1;' }],
  ['testNames', { 'test/a.spec.ts': `import { test } from 'vitest'; test('a', () => {});` }],
  [
    'needsInTheName',
    {
      'test/a.test.ts': `import { startRedis } from './fixtures/redis.ts'; import { test } from 'vitest'; test('a', () => startRedis());`,
      'test/fixtures/redis.ts': 'export const startRedis = () => 1;',
    },
  ],
  [
    'new Queue(',
    {
      'src/a.ts': `import { Queue } from 'bullmq'; new Queue('a');`,
      'src/b.ts': `import { Queue } from 'bullmq'; new Queue('b');`,
    },
  ],
  [
    'process.env',
    { 'src/a.ts': 'export const a = process.env.A;', 'src/b.ts': 'export const b = process.env.B;' },
  ],
];

test.each(offences)('%s complains of an offence', (name, files) => {
  const made = project(Object.entries(files).map(([path, text]) => [path, () => text]));
  expect(all[name]!(made)).not.toEqual([]);
});
