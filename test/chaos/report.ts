/** What the storm did and what came of it, in words. */
import type { ChaosResult } from './chaos.ts';
import type { ChaosOptions } from './command.ts';

export function report(options: ChaosOptions, result: ChaosResult): string {
  const { judgement, hits, started, audit, surprises } = result;
  const lines: [string, string | number][] = [
    ['storm', `${options.minutes} minutes, seed ${options.seed}, appendfsync ${options.appendfsync}`],
    ['servers', serversOf(options)],
    ['processes', `${options.pumps} pumps, ${options.workers} workers; ${startsOf(started)}`],
    ['sent', `${result.attempted} matches, ${Math.round(result.attempted / result.seconds)} a second`],
    ['appended', `${judgement.ok} confirmed, ${judgement.unknown - result.gone} never answered`],
    ...goneOf(result),
    ['delivered', `${judgement.items} items (two subscriptions of one person share a post's item)`],
    ['lost', judgement.lost],
    ['duplicated', judgement.duplicated],
    ['ghosts, misrouted', `${judgement.ghost}, ${judgement.misrouted}`],
    ['corrupt, disordered', `${judgement.corrupt}, ${judgement.disordered}`],
    ['differs over HTTP', judgement.differsOverHttp],
    ['failed in matches', result.failedInMatches],
    ...[...hits].sort(([a], [b]) => a.localeCompare(b)),
    ['ended by themselves', surprises.length],
    ['calm after', `${(result.calmMs / 1_000).toFixed(1)} s`],
    ['audit', `exit ${String(audit.code)}: ${audit.output.trim().split('\n').slice(0, 5).join(' | ')}`],
  ];
  const rows = lines.map(([name, value]) => `${name.padEnd(22)}${value}`);
  return `${[...rows, ...judgement.first, ...surprises].join('\n')}\n`;
}

const serversOf = ({ twoServers, relay }: ChaosOptions): string =>
  twoServers
    ? `two, Skywire's with the stream${relay ? ' behind a relay' : ''}, Redis with queues and inboxes`
    : 'one';

/** Beyond the promise: Redis confirmed them, and the power cut took them from the stream itself. */
function goneOf({ cutBytes, gone }: ChaosResult): [string, string][] {
  if (!cutBytes && !gone) return [];
  const mb = (cutBytes / 1e6).toFixed(1);
  return [['gone with the power', `${mb} MB of append-only files; ${gone} confirmed matches of the stream`]];
}

const startsOf = (started: Record<string, number>): string =>
  `started ${Object.entries(started)
    .map(([name, count]) => `${count} × ${name}`)
    .join(', ')}`;

/** The last line, and whether the promise held over the whole time. */
export function verdictOf(options: ChaosOptions, result: ChaosResult): { held: boolean; text: string } {
  const problems = problemsOf(result);
  const ran = (result.seconds / 60).toFixed(1);
  const length = result.wasStopped ? `STOPPED after ${ran} of ${options.minutes} minutes: ` : '';
  const held = `${result.judgement.ok} matches, 0 lost, 0 twice, audit exit 0`;
  return {
    held: !problems.length && !result.wasStopped,
    text: problems.length
      ? `${length}FAILED: ${problems.join('; ')}`
      : `${length ? `${length}until then ` : `HELD for ${options.minutes} minutes: `}${held}`,
  };
}

/** Empty: the promise held. */
function problemsOf({ judgement, failedInMatches, audit, surprises, unrest }: ChaosResult): string[] {
  const { lost, duplicated, ghost, misrouted, corrupt, disordered, differsOverHttp } = judgement;
  const counts = {
    lost,
    duplicated,
    ghost,
    misrouted,
    corrupt,
    disordered,
    differsOverHttp,
    failedInMatches,
  };
  return [
    ...Object.entries(counts).flatMap(([name, count]) => (count ? [`${name} ${count}`] : [])),
    ...(audit.code === 0 ? [] : [`audit exit ${String(audit.code)}`]),
    ...unrest,
    ...(surprises.length ? [`${surprises.length} processes ended by themselves`] : []),
    ...(judgement.ok ? [] : ['nothing was sent']),
  ];
}
