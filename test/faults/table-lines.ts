/** The fault table as text: a line for each row, its runs taken together, and a line for each run. */
import type { FaultRun } from './row.ts';

export interface RunResult extends FaultRun {
  held: boolean;
}

export const HEAD = [
  '| fault | what happened | held | matches | lost | duplicated | recovered after |',
  '| --- | --- | ---: | ---: | ---: | ---: | ---: |',
];

/** In the order of their first runs. */
export function tableLines(runs: readonly RunResult[]): string[] {
  const byFault = new Map<string, RunResult[]>();
  for (const run of runs) byFault.set(run.fault, [...(byFault.get(run.fault) ?? []), run]);
  return [...byFault.values()].map(lineOf);
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** Matches and flaws of all runs together, the longest recovery, and what happened in the last run that came so far. */
function lineOf(runs: readonly RunResult[]): string {
  const [{ fault, of }] = runs as [RunResult];
  const known = (name: 'matches' | 'lost' | 'duplicated' | 'recoveryMs'): number[] =>
    runs.flatMap((run) => run[name] ?? []);
  const sum = (numbers: readonly number[]) =>
    numbers.length ? numbers.reduce((total, one) => total + one, 0) : '–';
  const recovered = known('recoveryMs');
  const cells = [
    fault,
    (runs.findLast((run) => run.happened)?.happened ?? '–').replaceAll('|', '\\|'),
    `${runs.filter(({ held }) => held).length} of ${of}`,
    sum(known('matches')),
    sum(known('lost')),
    sum(known('duplicated')),
    recovered.length ? seconds(Math.max(...recovered)) : '–',
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Printed as soon as the run is over: what a run that is stopped has shown until then stays on the screen. */
export function runLine(run: RunResult): string {
  const { fault, nth, of, held, moments, matches, lost, duplicated, recoveryMs } = run;
  const found =
    matches === undefined
      ? []
      : [
          `${matches} matches, ${lost} lost, ${duplicated} twice, recovered after ${seconds(recoveryMs ?? 0)}`,
        ];
  const struck = moments.length ? [`struck ${moments.join(', ')}`] : [];
  return `${held ? 'held' : 'FAILED'}: ${fault}, ${nth} of ${of}: ${[...struck, ...found].join('; ') || 'no load'}`;
}

/** How to run it again at the same moments. */
export const againLine = ({ fault, nth, of, seed }: RunResult): string =>
  of > 1
    ? `npm run test:faults -- --repeat ${of} --seed ${seed} -t ${JSON.stringify(`${fault}, ${nth} of ${of}`)}`
    : `npm run test:faults -- --seed ${seed} -t ${JSON.stringify(fault)}`;
