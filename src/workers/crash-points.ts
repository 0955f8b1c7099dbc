/** Crash points around the inbox write. */
import type { Inboxes } from '../../processors/index.ts';
import { crashPoint, isArmed } from '../observe/crash-points.ts';

/** A post with this text crashes a worker that is armed with worker.poison. */
const POISON = 'POISON';

export function withCrashPoints(inboxes: Inboxes): Inboxes {
  return {
    async write(deliveries) {
      if (isArmed('worker.poison') && deliveries.some(({ match }) => match.postJson.includes(POISON)))
        crashPoint('worker.poison');
      crashPoint('worker.before-write');
      await inboxes.write(deliveries);
      crashPoint('worker.after-write');
    },
  };
}
