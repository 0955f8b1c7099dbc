/** What keeps the folders as they are meant. Each rule looks at a whole project and returns its complaints, each with its remedy. */
import type { Import, Project, Source } from './read.ts';

export type Rule = (project: Project) => string[];

const top = (path: string): string => path.split('/', 1)[0]!;
const isProduct = (path: string): boolean => /^(queues|processors|src)\//.test(path);
const product = ({ sources }: Project): Source[] => sources.filter(({ path }) => isProduct(path));

function eachImport(
  sources: readonly Source[],
  complain: (from: string, imported: Import) => string | false,
) {
  return sources.flatMap(({ path, imports }) =>
    imports.flatMap((imported) => {
      const complaint = complain(path, imported);
      return complaint ? [`${path} imports ${imported.spec}: ${complaint}`] : [];
    }),
  );
}

const arrow: Record<string, readonly string[]> = {
  queues: ['queues'],
  processors: ['queues', 'processors'],
  src: ['queues', 'processors', 'src'],
};

export const oneArrow: Rule = (project) =>
  eachImport(product(project), (from, { ours, to }) => {
    const allowed = arrow[top(from)]!;
    if (!ours || allowed.includes(top(to)) || to === 'package.json') return false;
    return `${top(from)}/ may import ${allowed.join('/, ')}/ only; move what both need to the left of the arrow queues ← processors ← src ← test`;
  });

/** A layer imports what stands before it, and nothing beside it; the two lowest know each other as little. */
const layers = [
  ['config'],
  ['observe'],
  ['own-server'],
  ['redis'],
  ['stream', 'lanes', 'subscriptions', 'simulator'],
  ['pump', 'inbox', 'parked', 'bluesky', 'monitor', 'workers', 'relay'],
  ['web', 'tools'],
  ['app'],
  ['commands'],
  ['main'],
];
/** `src/stream/source.ts` → `stream`, `src/main.ts` → `main`. */
const layerOf = (path: string): string => path.split('/')[1]!.replace(/\.[^.]*$/, '');
const rankOf = (layer: string): number => layers.findIndex((names) => names.includes(layer));

export const layersOfSrc: Rule = (project) => {
  const sources = project.sources.filter(({ path }) => path.startsWith('src/'));
  const homeless = [...new Set(sources.map(({ path }) => layerOf(path)))]
    .filter((layer) => rankOf(layer) < 0)
    .map(
      (layer) => `src/${layer} has no place among the layers: give it one, in docs/architecture.md and here`,
    );
  const wrong = eachImport(sources, (from, { ours, to }) => {
    if (!ours || top(to) !== 'src') return false;
    const [importer, imported] = [layerOf(from), layerOf(to)];
    if (importer === imported || mayImport(importer, imported)) return false;
    return `src/${importer} may not import src/${imported}; hand it over from src/app, or move what both need to an earlier layer`;
  });
  const peeking = eachImport(
    sources.filter(({ path }) => layerOf(path) === 'simulator'),
    (_, { ours, to }) => ours && top(to) === 'processors' && 'src/simulator knows queues/, not processors/',
  );
  return [...homeless, ...wrong, ...peeking];
};

/** The simulated Skywire stands beside the product: nothing that a match passes through knows it. */
function mayImport(importer: string, imported: string): boolean {
  if (imported === 'simulator' && !['app', 'commands'].includes(importer)) return false;
  return rankOf(imported) < rankOf(importer);
}

const foreign: Record<string, RegExp> = {
  queues: /^(ioredis|redis|express|@bull-board\/.*)$/,
  processors: /^(bullmq|ioredis|redis|express|@bull-board\/.*)$/,
};

export const pureCore: Rule = (project) =>
  eachImport(
    product(project),
    (from, { ours, to }) =>
      !ours &&
      foreign[top(from)]?.test(to) === true &&
      `${top(from)}/ knows no ${to}; ask for it through a port, and let src/ bring it`,
  );

export const noCycles: Rule = (project) => {
  const sources = new Map(product(project).map((source) => [source.path, source]));
  const done = new Set<string>();
  const complaints: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    if (trail.includes(path)) {
      complaints.push(
        `${[...trail.slice(trail.indexOf(path)), path].join(' → ')}: break the circle, say by moving what both need into a file of its own`,
      );
      return;
    }
    if (done.has(path)) return;
    // Imports of types too: they tie two files together all the same.
    for (const { ours, to } of sources.get(path)?.imports ?? []) if (ours) visit(to, [...trail, path]);
    done.add(path);
  };
  for (const path of sources.keys()) visit(path, []);
  return complaints;
};

const oneHome =
  (what: string, stands: (source: Source) => boolean): Rule =>
  (project) => {
    const homes = product(project)
      .filter(stands)
      .map(({ path }) => path);
    const right = homes.length === 1 && top(homes[0]!) === 'src';
    return right
      ? []
      : [`${what} stands in ${homes.join(', ') || 'no file'}: it belongs in exactly one file under src/`];
  };
const makes = (name: string): Rule => oneHome(`new ${name}(`, ({ made }) => made.includes(name));

export const homes: Record<string, Rule> = {
  'new Queue(': makes('Queue'),
  'new Worker(': makes('Worker'),
  'new Redis(': makes('Redis'),
  'new Cluster(': makes('Cluster'),
  'process.env': oneHome('process.env', ({ readsEnv }) => readsEnv),
};

const KEYS_HOME = 'src/redis/keys.ts';

export const keysInOneFile: Rule = (project) =>
  product(project)
    .filter(({ path }) => path !== KEYS_HOME)
    .flatMap(({ path, strings }) =>
      strings
        .filter((text) => /^(inbox|subscription|skywire-inbox):\{/.test(text))
        .map((text) => `${path} spells a key, ${JSON.stringify(text)}: build it in ${KEYS_HOME}, pass it on`),
    );

/** Where a moment is shown to people, or where others reckon by the clocks of processes too. */
const wallTime: Record<string, string> = {
  'src/app/pump-role.ts': 'makes the name of a consumer unique',
  'src/commands/demo.ts': 'made-up posts are of now',
  'src/inbox/feed-tokens.ts': 'says when a token was made',
  'src/monitor/figures.ts': 'says of when the figures are',
  'src/observe/events.ts': 'latency of each batch: a worker has no way to the Redis that stamped its entries',
  'src/parked/discard/discards.ts': 'says when a discard began and ended',
  'src/parked/retry/driver.ts': 'says when a run ended',
  'src/parked/retry/runs.ts': 'says when a run began',
  'src/pump/canary.ts': 'the canary is a post of now',
  'src/simulator/command.ts': 'made-up posts are of now',
  'src/tools/examine-server.ts': 'compares this clock with that of Redis',
  'src/web/feeds/not-modified.ts': 'dates of HTTP',
  'src/workers/delay.ts': 'BullMQ promotes a delayed job by the clock of its worker',
};

export const oneHabitForTime: Rule = (project) =>
  product(project)
    // A page in a browser knows no other clock.
    .filter(({ path, readsWallTime }) => readsWallTime && path.endsWith('.ts') && !wallTime[path])
    .map(
      ({ path }) =>
        `${path} reads the clock of this process, which may be set at any time: take performance.now() for durations, redisNow() for the age of what Redis stamped, or name the file here with its reason`,
    );

const MAX_LINES = 200;

export const shortFiles: Rule = (project) =>
  product(project).flatMap(({ path, text }) => {
    const lines = text.replace(/\n$/, '').split('\n').length;
    return lines > MAX_LINES
      ? [
          `${path} has ${lines} lines, more than ${MAX_LINES}: part of it is a noun of its own; give that a file`,
        ]
      : [];
  });

const drawer = /^(utils?|helpers?|common|misc)(\.[^/]*)?$/i;

export const noDrawers: Rule = ({ paths }) =>
  paths
    .filter((path) => path.split('/').some((part) => drawer.test(part)))
    .map((path) => `${path}: a drawer for anything; name it after what is in it, or put it beside its use`);

const testName = /^test\/(?:[a-z0-9-]+\/)*[a-z0-9-]+(?:\.(redis|process))?\.test\.ts$/;

export const testNames: Rule = ({ paths, sources }) => {
  const running = sources.filter(({ runsTests }) => runsTests).map(({ path }) => path);
  const named = paths.filter((path) => /\.(test|spec)\.[cm]?[jt]sx?$/.test(path));
  return [...new Set([...running, ...named])]
    .filter((path) => !testName.test(path))
    .map(
      (path) =>
        `${path}: a test file stands under test/ and ends in .test.ts, .redis.test.ts or .process.test.ts, or it never runs`,
    );
};

const REDIS_FIXTURE = 'test/fixtures/redis.ts';

/** The name is what tells a person which tests run without a Redis. */
export const needsInTheName: Rule = ({ sources }) => {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const reaches = (path: string, seen: Set<string>): boolean => {
    if (path === REDIS_FIXTURE) return true;
    if (seen.has(path)) return false;
    seen.add(path);
    return (byPath.get(path)?.imports ?? []).some(
      ({ ours, runtime, to }) => ours && runtime && reaches(to, seen),
    );
  };
  return sources
    .filter(
      ({ path }) => testName.exec(path)?.[1] === undefined && testName.test(path) && reaches(path, new Set()),
    )
    .map(
      ({ path }) => `${path} starts a Redis: name it *.redis.test.ts, or *.process.test.ts where it forks`,
    );
};
