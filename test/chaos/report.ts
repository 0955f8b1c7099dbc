/** What the storm did and what came of it, in words. */
import type { ChaosResult } from './chaos.ts';
import type { ChaosOptions } from './command.ts';

export function report(options: ChaosOptions, result: ChaosResult): string {
  const { judgement, hits, started, audit, surprises } = result;
  const lines: [string, string | number][] = [
    ['storm', `${options.minutes} minutes, seed ${options.seed}, appendfsync ${options.appendfsync}`],
    ['processes', `${options.pumps} pumps, ${options.workers} workers; ${startsOf(started)}`],
    ['sent', `${result.attempted} matches, ${Math.round(result.attempted / result.seconds)} a second`],
    ['appended', `${judgement.ok} confirmed, ${judgement.unknown} never answered`],
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

const startsOf = (started: Record<string, number>): string =>
  `started ${Object.entries(started)
    .map(([name, count]) => `${count} × ${name}`)
    .join(', ')}`;

/** Empty: the promise held. */
export function problemsOf({ judgement, failedInMatches, audit, surprises }: ChaosResult): string[] {
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
    ...(surprises.length ? [`${surprises.length} processes ended by themselves`] : []),
    ...(judgement.ok ? [] : ['nothing was sent']),
  ];
}
