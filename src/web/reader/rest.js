/** Waiting between two attempts. */

const MOST_WAIT_MS = 15_000;

/** 1.5, 3, 6, 12, 15 s, each a quarter more or less, so that not all pages come at once; longer where the answer asks for it. */
export function waitOf(error, failures) {
  const wait = Math.min(MOST_WAIT_MS, 1_500 * 2 ** (failures - 1)) * (0.75 + Math.random() / 2);
  return Math.max(wait, Math.min(error?.waitMs ?? 0, 2 * MOST_WAIT_MS));
}

export function createRest() {
  let isWoken = false;
  let end = () => undefined;
  return {
    /** Ends the wait, or the next one if there is none. */
    wake() {
      isWoken = true;
      end();
    },
    /** Waits; wake() calls of before this are forgotten with forget(). */
    wait: (ms) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, isWoken ? 0 : ms);
        end = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
    forget() {
      isWoken = false;
    },
  };
}
