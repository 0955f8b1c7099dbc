/**
 * When to read on, where the pump has caught up with the stream. A job costs as much as dozens of matches: what would wait behind other
 * jobs anyway waits in the stream a little, and becomes one job.
 */
import { setTimeout as pause } from 'node:timers/promises';

/** While it is worked on, the next is made ready. */
const ENOUGH_JOBS = 1;
const LOOK_AGAIN_MS = 1;
const MOST_LOOKS = 4;

/** `inHand`: jobs that waited or ran at the last look. */
export async function letGrow(inHand: () => number, look: () => Promise<void>): Promise<void> {
  for (let looks = 0; looks < MOST_LOOKS && inHand() > ENOUGH_JOBS; looks += 1) {
    await pause(LOOK_AGAIN_MS);
    await look();
  }
}
