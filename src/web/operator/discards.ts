/** Which parked matches an action on the dashboard removes: noted before it, recorded after it. */
import type { HookContext } from '@bull-board/api/typings/app';
import type { JobType } from 'bullmq';
import { queues as definitions } from '../../../queues/index.ts';
import type { Queues } from '../../lanes/queues.ts';
import type { ByHand } from '../../parked/by-hand.ts';

/** All but `completed`: delivered matches are not discarded. */
const undelivered: JobType[] = ['wait', 'delayed', 'prioritized', 'failed'];
const PAGE = 1_000;

export interface Discards {
  before(context: HookContext): Promise<void>;
  /** Call it only if the action succeeded. */
  after(context: HookContext): Promise<void>;
}

export function createDiscards({ parked: { queue } }: Queues, byHand: ByHand): Discards {
  const atStake = new WeakMap<object, string[]>();

  async function idsAtStake({ route, request: { params } }: HookContext): Promise<string[]> {
    if (params['queueName'] !== definitions.parked.name) return [];
    if (route.endsWith('/:jobId/clean')) {
      const id = String(params['jobId']);
      return ['completed', 'unknown'].includes(await queue.getJobState(id)) ? [] : [id];
    }
    if (route.endsWith('/clean/:queueStatus')) {
      const state = params['queueStatus'] as JobType;
      return state === 'completed' ? [] : idsIn([state]);
    }
    return /\/(empty|obliterate)$/.test(route) ? idsIn(undelivered) : [];
  }

  async function idsIn(states: JobType[]): Promise<string[]> {
    const ids: string[] = [];
    for (const state of states)
      for (let at = 0, page = PAGE; page === PAGE; at += PAGE) {
        const some = await queue.getRanges([state], at, at + PAGE - 1);
        ids.push(...some);
        page = some.length;
      }
    return ids;
  }

  return {
    async before(context) {
      atStake.set(context, await idsAtStake(context));
    },
    async after(context) {
      const ids = atStake.get(context) ?? [];
      for (let at = 0; at < ids.length; at += PAGE) {
        const some = ids.slice(at, at + PAGE);
        const states = await Promise.all(some.map((id) => queue.getJobState(id)));
        await byHand.discarded(some.filter((_, nth) => states[nth] === 'unknown'));
      }
    },
  };
}
