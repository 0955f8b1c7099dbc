/** One WebSocket on the relay's side: frames in and out, close code and reason. Knows nothing of streams. */
import type { WebSocket } from 'ws';
import { createTokenBucket } from '../../../queues/index.ts';
import { type Pulse, watchPulse } from '../heartbeat.ts';
import { closeCodes } from '../protocol.ts';
import { orAborted } from './credit.ts';

/** Frames a second from one pump, with a burst of one second's worth. A pump needs three for each read. */
const MAX_FRAMES_PER_SECOND = 5_000;
/** A peer that does not answer a close is terminated after this. */
const CLOSE_WITHIN_MS = 2_000;

export interface Ending {
  code: number;
  reason: string;
}

export interface Connection {
  /** Resolves when all of it is handed to the kernel, or the connection has ended. */
  send(frames: readonly (string | Buffer)[]): Promise<void>;
  /** The first call wins. */
  close(code: number, reason: string): void;
  /** Aborted when it ends. */
  signal: AbortSignal;
  ended: Promise<Ending>;
}

export interface ConnectionOptions {
  pulse: Pulse;
  onText: (text: string) => void;
}

export function createConnection(socket: WebSocket, { pulse, onText }: ConnectionOptions): Connection {
  const over = new AbortController();
  const allowance = createTokenBucket({
    atOnce: MAX_FRAMES_PER_SECOND,
    everyMs: 1_000 / MAX_FRAMES_PER_SECOND,
  });
  let said: Ending | undefined;
  const cutSoon = () => void setTimeout(() => socket.terminate(), CLOSE_WITHIN_MS).unref();
  const close = (code: number, reason: string) => {
    if (said) return;
    said = { code, reason };
    over.abort();
    socket.close(code, reason);
    cutSoon();
  };
  const ended = new Promise<Ending>((resolve) => {
    socket.once('close', (code, reason) => {
      over.abort();
      resolve(said ?? { code, reason: reason.toString() });
    });
  });
  socket.on('error', (error: Error & { code?: string }) => {
    // ws itself has sent the close code, 1009 for an oversized frame.
    if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH')
      said ??= { code: closeCodes.tooLarge, reason: 'the frame is too large' };
    cutSoon();
  });
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (said) return;
    allowance.spend(1);
    if (allowance.waitMs() > 0)
      return close(closeCodes.tooMany, `more than ${MAX_FRAMES_PER_SECOND} frames a second`);
    if (isBinary) return close(closeCodes.badMessage, 'a binary frame: pumps send text frames');
    onText(data.toString());
  });
  watchPulse(socket, pulse, () => {
    said ??= { code: closeCodes.silent, reason: 'no heartbeat' };
    socket.terminate();
  });
  return {
    signal: over.signal,
    ended,
    close,
    async send(frames) {
      if (!frames.length || socket.readyState !== socket.OPEN) return;
      await orAborted(over.signal, (resolve) => {
        frames.forEach((frame, at) => socket.send(frame, at === frames.length - 1 ? resolve : undefined));
      });
    },
  };
}
