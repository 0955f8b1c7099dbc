/** Learns which inboxes another web process erased, so that their streams end in this one, too. */
import type { Erasures } from '../../../inbox/erase/erased.ts';

export interface FollowedErasures {
  /** Call it before a stream opens: every erasure after this is noticed. */
  begin(): Promise<void>;
  stop(): void;
}

const LOOK_EVERY_MS = 1_000;

/** Polls only while needed. `onErased` gets hashes by nameHash. */
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
      // Redis is unavailable: the next poll continues from the same position.
    } finally {
      isLooking = false;
    }
  }

  const timer = setInterval(() => void look(), LOOK_EVERY_MS).unref();
  return {
    async begin() {
      opening += 1;
      // Long enough for the stream to open.
      setTimeout(() => {
        opening -= 1;
      }, 10 * LOOK_EVERY_MS).unref();
      position ??= await erasures.latest();
    },
    stop: () => clearInterval(timer),
  };
}
