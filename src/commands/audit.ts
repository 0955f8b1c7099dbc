import { type Command, type Option, parseCommandLine } from '../config/command-line.ts';
import { howToRun } from '../config/invocation.ts';
import { redisNow } from '../redis/clock.ts';
import { streamPosition } from '../stream/window.ts';
import { createDirectory, createDirectoryRouter, directRouter } from '../subscriptions/directory.ts';
import { type AuditOptions, type AuditResult, audit } from '../tools/audit.ts';
import { whereabouts } from '../tools/locate.ts';
import { createProgress } from '../tools/progress.ts';
import { repair } from '../tools/repair.ts';
import { unlistedStreams } from '../tools/unlisted.ts';
import { type CommandInput, withContext } from './context.ts';
import { listensNowhere, newestId, openTools, out } from './tool-context.ts';

const auditCommand = {
  usage: howToRun('audit'),
  about:
    'Accounts for every entry of the replay window: delivered, parked, in flight, dropped, erased, edited or discarded by a person, or missing. Exit 1 if any is missing or lost.',
  options: {
    from: { reader: streamPosition, meaning: 'first entry; default: start of the replay window' },
    to: { reader: streamPosition, meaning: 'last entry; default: the newest' },
    json: { meaning: 'print the result as one JSON object' },
    repair: { meaning: 'replay the missing entries, then audit again' },
  },
} satisfies Command<Record<string, Option<unknown>>>;

export async function runAudit({ argv, signal }: CommandInput): Promise<number> {
  const options = parseCommandLine(auditCommand, argv);
  return withContext(
    'audit',
    listensNowhere,
    async (context) => {
      const { config, home, skywire: client, queues } = openTools(context);
      await queues.lookForLeftovers();
      const unlisted = await unlistedStreams(queues, config.stream.keys);
      const isDirect = config.routing === 'direct';
      const progress = createProgress(out);
      const from = options.from ?? String((await redisNow(client)) - config.stream.retentionMs);
      const results: AuditResult[] = [];
      for (const stream of [...config.stream.keys, ...unlisted]) {
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
      return report(results, unlisted, options.json);
    },
    { isTool: true, signal },
  );
}

function report(results: readonly AuditResult[], unlisted: readonly string[], asJson: boolean): number {
  const entries = results.reduce((sum, result) => sum + result.entries, 0);
  const counts = Object.fromEntries(
    whereabouts.map((name) => [name, results.reduce((sum, result) => sum + result.counts[name], 0)]),
  );
  const missing = results.flatMap((result) => result.missing);
  const lost = results.flatMap((result) => result.lost.ids.map((id) => ({ stream: result.stream, id })));
  const lostUnread = results.flatMap(({ stream, lost: { unread } }) =>
    unread.map((range) => ({ stream, ...range })),
  );
  if (asJson) {
    out.write(`${JSON.stringify({ entries, counts, missing, lost, lost_unread: lostUnread, unlisted })}\n`);
  } else {
    out.write(
      `${entries} entries: ${whereabouts.map((name) => `${counts[name]} ${name.replace('_', ' ')}`).join(', ')}\n`,
    );
    for (const stream of unlisted)
      out.write(`included: ${stream}, which SKYWIRE_STREAM does not list: jobs hold entries of it\n`);
    for (const { stream, id } of lost)
      out.write(`lost: ${stream} ${id} was trimmed from the stream while it was pending\n`);
    for (const { stream, after, to, entries } of lostUnread)
      out.write(
        `lost: ${stream} ${entries ?? 'unknown how many'} entries after ${after}, up to ${to}, were removed from the stream before they were read\n`,
      );
    for (const { stream, id, subscription, subscriber } of missing) {
      out.write(
        `missing: ${stream} ${id} subscription ${JSON.stringify(subscription)} subscriber ${JSON.stringify(subscriber)}\n`,
      );
    }
  }
  return missing.length || lost.length || lostUnread.length ? 1 : 0;
}
