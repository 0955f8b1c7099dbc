/** Hears of inboxes that another web process erased, so that their streams end in this one too. */
import type { Erasures } from '../../../inbox/erase/erased.ts';

export interface FollowedErasures {
  /** Before a stream opens: every erasure after this is heard of. */
  begin(): Promise<void>;
  stop(): void;
}

const LOOK_EVERY_MS = 1_000;

/** Looks only while it is needed. `onErased` gets hashes by nameHash. */
export function followErasures(
  erasures: Erasures,
  { isNeeded, onErased }: { isNeeded: () => boolean; onErased: (hashes: ReadonlySet<string>) => void },
): FollowedErasures {
  let position: string | undefined;
  let isLooking = false;
  let opening = 0;

  async function look(): Promise<void> {
    if (isLooking || position === undefined) return;
    if (!isNeeded() && opening === 0) {
      position = undefined;
      return;
    }
    isLooking = true;
    try {
      const found = await erasures.since(position);
      position = found.position;
      if (found.hashes.length > 0) onErased(new Set(found.hashes));
    } catch {
      // Redis is away: the next look goes on from the same position.
    } finally {
      isLooking = false;
    }
  }

  const timer = setInterval(() => void look(), LOOK_EVERY_MS).unref();
  return {
    async begin() {
      opening += 1;
      // Until the stream is open, which takes less.
      setTimeout(() => {
        opening -= 1;
      }, 10 * LOOK_EVERY_MS).unref();
      position ??= await erasures.latest();
    },
    stop: () => clearInterval(timer),
  };
}
