/** The worker's crash points around the write into inboxes; where none is armed, the ports as they are. */
import type { Inboxes } from '../../processors/index.ts';
import { crashPoint, isArmed } from '../observe/crash-points.ts';

/** A match with this in its post ends a worker that is armed with worker.poison. */
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
