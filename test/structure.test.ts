/** Holds the folders, and proves for each rule that it can fail. */
import { expect, test } from 'vitest';
import { project, readProject } from './structure/read.ts';
import * as rules from './structure/rules.ts';

const ours = readProject(new URL('../', import.meta.url));

const standing: Record<string, rules.Rule> = {
  'imports follow one arrow: queues ← processors ← src ← test': rules.oneArrow,
  'inside src a layer imports only earlier ones': rules.layersOfSrc,
  'queues and processors know no Redis, no web server, and processors no BullMQ': rules.pureCore,
  'imports make no circle, those of types included': rules.noCycles,
  'keys are spelt in one file': rules.keysInOneFile,
  'durations are measured by performance.now(), ages by the clock of Redis': rules.oneHabitForTime,
  'no file is long': rules.shortFiles,
  'no folder or file is a drawer': rules.noDrawers,
  'every test file has a name that is run': rules.testNames,
  'a test that starts a Redis says so in its name': rules.needsInTheName,
  ...Object.fromEntries(
    Object.entries(rules.homes).map(([what, rule]) => [`${what} stands in one file under src`, rule]),
  ),
};

test('the project was found: code in every folder', () => {
  for (const folder of ['queues/', 'processors/', 'src/', 'test/'])
    expect(ours.sources.some(({ path }) => path.startsWith(folder))).toBe(true);
});

test.each(Object.entries(standing))('%s', (_, rule) => {
  expect(rule(ours)).toEqual([]);
});

type Files = Record<string, string>;
const madeUp = (files: Files) => project(Object.entries(files).map(([path, text]) => [path, () => text]));

const sound: Files = {
  'queues/index.ts': "import { z } from 'zod'; export const queues = z.object({});",
  'processors/index.ts': "import { queues } from '../queues/index.ts'; export const processors = [queues];",
  'src/config/config.ts': "export { env } from './environment.ts';",
  'src/config/environment.ts': 'export const env = process.env;',
  'src/redis/keys.ts': "export const inbox = 'inbox:{x}';",
  'src/redis/connections.ts':
    "import { Cluster, Redis } from 'ioredis'; export const all = [new Redis(), new Cluster([])];",
  'src/lanes/queues.ts': "import { Queue } from 'bullmq'; export const queue = new Queue<string>('q');",
  'src/inbox/write/write.lua': "-- KEYS[1]: 'inbox:{name}'\nreturn redis.call('GET', KEYS[1])",
  'src/workers/workers.ts':
    "import { Worker } from 'bullmq';\n// new Queue('in a comment'), process.env\nexport const worker = new Worker('q');",
  'src/pump/pump.ts': 'export const shown = (ms: number) => new Date(ms).toISOString() + performance.now();',
  'src/pump/canary.ts': 'export const sentAt = Date.now();',
  'src/web/operator/pages/page.js': 'export const now = Date.now();',
  'src/main.ts': "import '../processors/index.ts'; import './workers/workers.ts';",
  'test/fixtures/redis.ts': 'export const startRedis = () => undefined;',
  'test/pump/pump.redis.test.ts':
    "import { test } from 'vitest'; import { startRedis } from '../fixtures/redis.ts'; test('x', startRedis);",
};

test('a sound project, made up, pleases every rule', () => {
  const complaints = Object.values(standing).flatMap((rule) => rule(madeUp(sound)));
  expect(complaints).toEqual([]);
});

const offences: [what: string, rule: rules.Rule, files: Files, complaint: RegExp][] = [
  [
    'queues that import processors',
    rules.oneArrow,
    { 'queues/a.ts': "import '../processors/index.ts';" },
    /^queues\/a\.ts imports/,
  ],
  [
    'queues that import only a type of src',
    rules.oneArrow,
    { 'queues/a.ts': "export const a: import('../src/config/config.ts').Config = 1;" },
    /queues\/ may import queues\/ only/,
  ],
  [
    'processors that import src',
    rules.oneArrow,
    { 'processors/a.ts': "import type { Config } from '../src/config/config.ts';" },
    /move what both need/,
  ],
  [
    'src that imports a fixture, when it runs',
    rules.oneArrow,
    { 'src/redis/a.ts': "const { startRedis } = await import('../../test/fixtures/redis.ts');" },
    /test\/fixtures/,
  ],
  [
    'a middle layer that imports another',
    rules.layersOfSrc,
    { 'src/pump/a.ts': "import '../inbox/inbox.ts';" },
    /src\/pump may not import src\/inbox/,
  ],
  [
    'a layer that imports a later one',
    rules.layersOfSrc,
    { 'src/redis/a.ts': "export type { Config } from '../web/server.ts';" },
    /src\/redis may not import src\/web/,
  ],
  [
    'settings that log',
    rules.layersOfSrc,
    { 'src/config/a.ts': "export * from '../observe/logger.ts';" },
    /src\/config may not import src\/observe/,
  ],
  [
    'a simulator that knows the inbox',
    rules.layersOfSrc,
    { 'src/simulator/a.ts': "import '../inbox/inbox.ts';" },
    /src\/simulator may not import src\/inbox/,
  ],
  [
    'a simulator that knows processors',
    rules.layersOfSrc,
    { 'src/simulator/a.ts': "import '../../processors/index.ts';" },
    /knows queues\/, not processors/,
  ],
  [
    'a web server that simulates',
    rules.layersOfSrc,
    { 'src/web/a.ts': "import '../simulator/simulator.ts';" },
    /src\/web may not import src\/simulator/,
  ],
  [
    'a page that runs a tool',
    rules.layersOfSrc,
    { 'src/web/a.ts': "import '../tools/audit.ts';" },
    /src\/web may not import src\/tools/,
  ],
  ['a new folder in src', rules.layersOfSrc, { 'src/services/a.ts': '' }, /src\/services has no place/],
  [
    'queues that connect',
    rules.pureCore,
    { 'queues/a.ts': "import type { Redis } from 'ioredis';" },
    /queues\/ knows no ioredis/,
  ],
  [
    'processors that know BullMQ',
    rules.pureCore,
    { 'processors/a.ts': "import { UnrecoverableError } from 'bullmq';" },
    /through a port/,
  ],
  [
    'processors that serve a dashboard',
    rules.pureCore,
    { 'processors/a.ts': "import '@bull-board/api/bullMQAdapter';" },
    /processors\/ knows no @bull-board\/api/,
  ],
  [
    'two files that import each other',
    rules.noCycles,
    { 'src/pump/a.ts': "import './b.ts';", 'src/pump/b.ts': "export * from './a.ts';" },
    /a\.ts → src\/pump\/b\.ts → src\/pump\/a\.ts/,
  ],
  [
    'a circle through an import whose names are types, yet stays',
    rules.noCycles,
    { 'queues/a.ts': "import { type B } from './b.ts';", 'queues/b.ts': "import './a.ts';" },
    /break the circle/,
  ],
  [
    'a circle through types alone',
    rules.noCycles,
    { 'queues/a.ts': "import type { B } from './b.ts';", 'queues/b.ts': "import type { A } from './a.ts';" },
    /break the circle/,
  ],
  [
    'two homes of queues',
    rules.homes['new Queue(']!,
    { 'src/web/operator/dashboard.ts': "import { Queue } from 'bullmq'; new Queue('q');" },
    /src\/lanes\/queues\.ts, src\/web\/operator\/dashboard\.ts/,
  ],
  [
    'a second home under another name',
    rules.homes['new Worker(']!,
    { 'src/app/context.ts': "import { Worker as Hand } from 'bullmq'; new Hand('q');" },
    /exactly one file/,
  ],
  [
    'a second home through a namespace',
    rules.homes['new Queue(']!,
    { 'src/app/context.ts': "import * as bullmq from 'bullmq'; new bullmq.Queue('q');" },
    /exactly one file/,
  ],
  [
    'a connection of its own, by the default import',
    rules.homes['new Redis(']!,
    { 'src/pump/a.ts': "import IORedis from 'ioredis'; export const a = new IORedis();" },
    /new Redis\( stands in .*src\/pump\/a\.ts/,
  ],
  [
    'a cluster of its own',
    rules.homes['new Cluster(']!,
    { 'src/pump/a.ts': "import { Cluster } from 'ioredis'; export const a = new Cluster([]);" },
    /exactly one file/,
  ],
  [
    'no home at all',
    rules.homes['new Worker(']!,
    { 'src/workers/workers.ts': '' },
    /new Worker\( stands in no file/,
  ],
  [
    'a home outside src',
    rules.homes['new Worker(']!,
    { 'src/workers/workers.ts': '', 'processors/a.ts': 'new Worker();' },
    /under src/,
  ],
  [
    'a second reader of the environment',
    rules.homes['process.env']!,
    { 'src/web/a.ts': "export const port = process['env'].PORT;" },
    /exactly one file/,
  ],
  [
    'a second reader of the environment, by import',
    rules.homes['process.env']!,
    { 'src/web/a.ts': "import { env as e } from 'node:process';" },
    /exactly one file/,
  ],
  [
    'a key spelt where it is used',
    rules.keysInOneFile,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the made-up source holds a template
    { 'src/web/a.ts': 'export const key = (name) => `inbox:{${name}}:read`;' },
    /src\/web\/a\.ts spells a key, "inbox:\{"/,
  ],
  [
    'a queue prefix spelt twice',
    rules.keysInOneFile,
    { 'queues/a.ts': "const prefix = 'skywire-inbox:{matches}';" },
    /build it in src\/redis\/keys\.ts/,
  ],
  [
    'a key inside a script',
    rules.keysInOneFile,
    { 'src/subscriptions/a.lua': 'redis.call("SADD", "subscription:{" .. ARGV[1] .. "}", 1)' },
    /a\.lua spells a key/,
  ],
  [
    'a duration by a clock that may be set',
    rules.oneHabitForTime,
    { 'src/pump/a.ts': 'let until = Date.now() + 5_000;' },
    /src\/pump\/a\.ts reads the clock .* performance\.now\(\)/,
  ],
  [
    'that clock handed on',
    rules.oneHabitForTime,
    { 'src/web/a.ts': 'export const limit = (now: () => number = Date.now) => now;' },
    /redisNow\(\)/,
  ],
  [
    'that clock under another name',
    rules.oneHabitForTime,
    { 'src/web/a.ts': 'const { now } = Date;' },
    /name the file/,
  ],
  [
    'an age by a clock that may be set',
    rules.oneHabitForTime,
    { 'queues/a.ts': 'export const age = (at: Date) => new Date().getTime() - at.getTime();' },
    /queues\/a\.ts/,
  ],
  [
    'a file of 201 lines',
    rules.shortFiles,
    { 'src/web/a.ts': '//\n'.repeat(201) },
    /src\/web\/a\.ts has 201 lines/,
  ],
  ['a long script', rules.shortFiles, { 'src/inbox/a.lua': '\n'.repeat(300) }, /300 lines/],
  ['a folder of utils', rules.noDrawers, { 'src/web/utils/escape.ts': '' }, /a drawer/],
  ['a file of helpers', rules.noDrawers, { 'test/fixtures/helpers.ts': '' }, /name it after what is in it/],
  ['common things outside the code', rules.noDrawers, { 'docs/common.md': '' }, /docs\/common\.md/],
  [
    'a test that is never run',
    rules.testNames,
    { 'test/pump.ts': "import { test } from 'vitest'; test.each([1])('x', () => {});" },
    /or it never runs/,
  ],
  ['a spec', rules.testNames, { 'test/pump/pump.spec.ts': '' }, /pump\.spec\.ts/],
  ['a test of a third kind', rules.testNames, { 'test/pump.unit.test.ts': '' }, /pump\.unit\.test\.ts/],
  ['a test beside its subject', rules.testNames, { 'src/pump/pump.test.ts': '' }, /stands under test/],
  [
    'a plain test that starts a Redis by way of another file',
    rules.needsInTheName,
    { 'test/a.test.ts': "import './fixtures/world.ts';", 'test/fixtures/world.ts': "import './redis.ts';" },
    /test\/a\.test\.ts starts a Redis/,
  ],
];

test.each(offences)('%s: refused', (_, rule, files, complaint) => {
  const complaints = rule(madeUp({ ...sound, ...files }));
  expect(complaints).toHaveLength(1);
  expect(complaints[0]).toMatch(complaint);
});

test('a file that one may import in tests only is not a test: a suite that others call runs nothing by itself', () => {
  const suite = "import { test } from 'vitest'; export const suite = () => test('x', () => {});";
  expect(rules.testNames(madeUp({ 'test/inbox/suite.ts': suite }))).toEqual([]);
});
