/** Commands that do one thing and end. Their result goes to standard output; the log is quiet. */
import { randomUUID } from 'node:crypto';
import type { AppContext } from '../app.ts';
import { type Command, type Option, type OptionValues, parseCommandLine } from '../config/command-line.ts';
import { type AuditOptions, type AuditResult, audit } from '../operate/audit.ts';
import { examine, type Finding } from '../operate/doctor.ts';
import { createProgress } from '../operate/progress.ts';
import { replay, resubmit } from '../operate/replay.ts';
import { readWindow, streamPosition } from '../operate/stream-window.ts';
import { openQueues } from '../redis/queues.ts';
import { parseSkywire, runSkywire } from '../skywire/command.ts';
import { createDirectory, createDirectoryRouter, directRouter } from '../subscriptions/directory.ts';
import { type CommandInput, type RunCommand, withContext } from './context.ts';

const out = process.stdout;
const listensNowhere = () => false;
const NOW = '+';

async function skywire({ argv, signal }: CommandInput): Promise<number> {
  const options = parseSkywire(argv);
  return withContext(
    'skywire',
    listensNowhere,
    async ({ config, redis }) => {
      const client = redis.connect(redis.skywire, 'commands', 'skywire');
      await runSkywire(options, { client, streams: config.stream.keys, signal, out });
      return 0;
    },
    { isTool: true },
  );
}

const replayCommand = {
  usage: 'npm run replay',
  about: 'Puts a window of the stream through the pipeline again. Harmless: an inbox takes each post once.',
  options: {
    from: { reader: streamPosition, required: true, meaning: 'first entry' },
    to: { reader: streamPosition, default: NOW, meaning: 'last entry; + = the newest' },
  },
} satisfies Command<Record<string, Option<unknown>>>;

async function runReplay({ argv, signal }: CommandInput): Promise<number> {
  const { from, to } = parseCommandLine(replayCommand, argv) as { from: string; to: string };
  return withContext(
    'replay',
    listensNowhere,
    async (context) => {
      const { config, skywire: client, queues } = openTools(context);
      const progress = createProgress(out);
      const { batchSize, maxWaitingJobs } = config.work;
      let total = 0;
      for (const stream of config.stream.keys) {
        const onProgress = (entries: number, id: string) =>
          progress.show(`${stream}: ${entries} entries, at ${id}`);
        const newest = to === NOW ? await newestId(client, stream) : to;
        const done = await replay({
          client,
          queues,
          stream,
          from,
          to: newest,
          batchSize,
          maxWaitingJobs,
          signal,
          onProgress,
        });
        total += done.entries;
        progress.clear();
        if (done.next !== undefined) {
          out.write(`stopped after ${total} entries; go on with --from ${done.next}\n`);
          return 1;
        }
      }
      await queues.close();
      out.write(`replayed ${total} entries\n`);
      return 0;
    },
    { isTool: true },
  );
}

const auditCommand = {
  usage: 'npm run audit',
  about:
    'Proves that nothing is missing: says of each entry of the replay window where it is. Exit 1 if any is missing.',
  options: {
    from: { reader: streamPosition, meaning: 'first entry; default: the beginning of the replay window' },
    to: { reader: streamPosition, meaning: 'last entry; default: the newest' },
    json: { meaning: 'the result as one JSON object' },
    repair: { meaning: 'put the missing entries through the pipeline again, and look again' },
  },
} satisfies Command<Record<string, Option<unknown>>>;

async function runAudit({ argv }: CommandInput): Promise<number> {
  const options = parseCommandLine(auditCommand, argv) as OptionValues<typeof auditCommand.options>;
  return withContext(
    'audit',
    listensNowhere,
    async (context) => {
      const { config, home, skywire: client, queues } = openTools(context);
      const isDirect = config.routing === 'direct';
      const progress = createProgress(out);
      const from = options.from ?? String(Date.now() - config.stream.retentionMs);
      const results: AuditResult[] = [];
      for (const stream of config.stream.keys) {
        const to = options.to ?? (await newestId(client, stream));
        const about: AuditOptions = {
          home,
          skywire: client,
          queues,
          router: isDirect ? directRouter : createDirectoryRouter(home),
          directory: isDirect ? undefined : createDirectory(home),
          stream,
          group: config.stream.group,
          from,
          to,
          onProgress: (entries) => progress.show(`${stream}: ${entries} entries`),
        };
        const result = await audit(about);
        results.push(
          options.repair && result.missing.length ? await repair(about, result, config.work) : result,
        );
      }
      progress.clear();
      await queues.close();
      return report(results, options.json);
    },
    { isTool: true },
  );
}

const REPAIR_LOOKS = 60;

/** Replays just what is missing and looks again until it is there, or a minute is over. */
async function repair(
  about: AuditOptions,
  found: AuditResult,
  work: AppContext['config']['work'],
): Promise<AuditResult> {
  const run = `repair-${randomUUID()}`;
  for (const id of new Set(found.missing.map((one) => one.id))) {
    for await (const entries of readWindow(about.skywire, about.stream, { from: id, to: id })) {
      await resubmit(
        { ...about, batchSize: work.batchSize, maxWaitingJobs: work.maxWaitingJobs },
        run,
        entries,
      );
    }
  }
  let again = found;
  for (let look = 0; look < REPAIR_LOOKS; look += 1) {
    again = await audit(about);
    if (!again.counts.missing && !again.counts.in_flight) break;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  return again;
}

function report(results: readonly AuditResult[], asJson: boolean): number {
  const entries = results.reduce((sum, result) => sum + result.entries, 0);
  const names = ['in_inbox', 'parked', 'in_flight', 'dropped', 'missing'] as const;
  const counts = Object.fromEntries(
    names.map((name) => [name, results.reduce((sum, result) => sum + result.counts[name], 0)]),
  );
  const missing = results.flatMap((result) => result.missing);
  if (asJson) {
    out.write(`${JSON.stringify({ entries, counts, missing })}\n`);
  } else {
    out.write(
      `${entries} entries: ${names.map((name) => `${counts[name]} ${name.replace('_', ' ')}`).join(', ')}\n`,
    );
    for (const { stream, id, subscription, subscriber } of missing) {
      out.write(
        `missing: ${stream} ${id} subscription ${JSON.stringify(subscription)} subscriber ${JSON.stringify(subscriber)}\n`,
      );
    }
  }
  return missing.length ? 1 : 0;
}

const doctorCommand = {
  usage: 'npm run doctor',
  about:
    'Looks at everything that the promise rests on; each finding with its fix. Exit 1 if one is dangerous.',
  options: {},
} satisfies Command<Record<string, Option<unknown>>>;

async function runDoctor({ argv }: CommandInput): Promise<number> {
  parseCommandLine(doctorCommand, argv);
  return withContext(
    'doctor',
    listensNowhere,
    async (context) => {
      const { config, home, skywire: client, queues } = openTools(context);
      const findings = await examine({ home, skywire: client, queues, config });
      await queues.close();
      for (const { level, what, fix } of findings)
        out.write(`${level.padEnd(10)}${what}${fix ? `\n${' '.repeat(10)}→ ${fix}` : ''}\n`);
      return findings.some((finding: Finding) => finding.level === 'dangerous') ? 1 : 0;
    },
    { isTool: true, anyServer: true },
  );
}

function openTools({ config, redis }: AppContext) {
  const home = redis.connect(redis.home, 'commands', 'tool');
  const skywireClient = redis.connect(redis.skywire, 'commands', 'tool-stream');
  return { config, home, skywire: skywireClient, queues: openQueues(home, config.delivery.attempts) };
}

async function newestId(client: ReturnType<typeof openTools>['skywire'], stream: string): Promise<string> {
  const [newest] = await client.xrevrange(stream, '+', '-', 'COUNT', 1);
  return newest?.[0] ?? '0';
}

export const tools = { skywire, replay: runReplay, audit: runAudit, doctor: runDoctor } satisfies Record<
  string,
  RunCommand
>;
