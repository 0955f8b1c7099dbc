/**
 * How the pages of one browser share its connections. Which page may hold a stream open: one for each inbox, and a few in all. Over HTTP/1.1 a browser opens only six
 * connections to a host, so that a seventh stream would hang, and every page of the host with it. Locks are released with their page.
 */

/** Half of the connections stay free. */
const STREAMS = 3;
const lockName = (what) => `skywire-inbox ${what}`;

/** `gained` is called when this page may stream. Where the browser has no locks (http, not on this machine), it never may. */
export function takeTurns(inbox, gained) {
  const { locks } = navigator;
  let left = new AbortController();

  function hold(what, signal, got) {
    locks.request(lockName(what), { signal }, () => got()).catch(() => undefined);
  }

  const place = {
    /** Passes what it receives to the other pages of this inbox. */
    isSpeaker: false,
    mayStream: false,
    claim() {
      if (!locks) return;
      place.leave();
      const mine = new AbortController();
      left = mine;
      const ended = new Promise((resolve) => mine.signal.addEventListener('abort', resolve));
      hold(inbox, mine.signal, () => {
        if (mine.signal.aborted) return undefined;
        place.isSpeaker = true;
        claimStream(mine.signal, ended);
        return ended;
      });
    },
    leave() {
      left.abort();
      place.isSpeaker = false;
      place.mayStream = false;
    },
  };

  /** Waits for all of them, and takes the first. */
  function claimStream(signal, ended) {
    const others = new AbortController();
    signal.addEventListener('abort', () => others.abort());
    for (let n = 0; n < STREAMS; n += 1)
      hold(`stream ${n}`, others.signal, () => {
        if (others.signal.aborted) return undefined;
        others.abort();
        place.mayStream = true;
        gained();
        return ended;
      });
  }
  return place;
}

/** Returns tell(message), which the other pages of this inbox get by `heard`. */
export function openChannel(inbox, heard) {
  const channel = new BroadcastChannel(`skywire-inbox ${inbox}`);
  channel.addEventListener('message', ({ data }) => heard(data));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a window's takes one, a channel's does not
  return (message) => channel.postMessage(message);
}
