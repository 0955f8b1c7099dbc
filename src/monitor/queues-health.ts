/** Findings about queues: limited by hand, left over from a longer SKYWIRE_STREAM, standing still. */
import { queues as definitionsByName, type QueueName, type QueueTraits } from '../../queues/index.ts';
import { howToRun } from '../config/invocation.ts';
import { describeLimits } from '../lanes/limits.ts';
import type { Figures } from './figures.ts';
import { type Finding, shown } from './finding.ts';
import { STANDS_STILL_MS } from './standing.ts';

const definitions: Record<QueueName, QueueTraits> = definitionsByName;

export const queuesHealth = (figures: Figures): Finding[] => [
  ...limited(figures),
  ...leftovers(figures),
  ...standing(figures),
];

/** No worker is to blame, and more of them do not help. */
function limited({ queues }: Figures): Finding[] {
  return (queues ?? [])
    .flatMap(({ queue, limits }) => describeLimits(queue, limits))
    .map(({ stops, what, remedy }) => ({ level: stops ? 'bad' : 'look', what, remedy }));
}

function leftovers({ queues }: Figures): Finding[] {
  return (queues ?? []).flatMap(({ queue, isLeftover, waiting, active, delayed, failed }): Finding[] => {
    const unfinished = waiting + active + delayed;
    if (!isLeftover || unfinished + failed === 0) return [];
    const what = `Queue ${queue} holds ${shown(unfinished)} unfinished and ${shown(failed)} failed jobs, and no stream of SKYWIRE_STREAM uses it any more.`;
    const remedy = failed
      ? 'Workers finish the unfinished ones. For the others open Parked, fix the cause, then retry.'
      : 'Nothing to do while the number falls: workers finish them.';
    return [{ level: 'look', what, remedy }];
  });
}

function standing({ queues }: Figures): Finding[] {
  return (queues ?? []).flatMap(({ queue, standing }): Finding[] => {
    // Lookups do not count: if no worker takes them, no reader requests any.
    if (!standing || standing.ms < STANDS_STILL_MS || definitions[queue as QueueName]?.beside) return [];
    const seconds = Math.round(standing.ms / 1_000);
    return [
      {
        level: 'bad',
        what: `Queue ${queue} stands still: jobs wait, and none was started for ${seconds} s.`,
        remedy: standing.othersMove
          ? 'Other queues move, so workers are running: restart them, and look for this queue in their log.'
          : `No worker is taking jobs: start one (${howToRun('worker')}), or check its log.`,
      },
    ];
  });
}
