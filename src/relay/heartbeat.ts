/** Whether the other side of a connection still lives. Both sides do the same. */
import type { WebSocket } from 'ws';

export interface Pulse {
  /** How often to look. */
  everyMs: number;
  /** Nothing heard for so long: the connection is taken for dead. */
  silentMs: number;
}
/** A connection left half-open is noticed within 25 s. */
export const pulse: Pulse = { everyMs: 5_000, silentMs: 20_000 };

/** Asks for a sign of life where none came by itself. Ends with the connection. */
export function watchPulse(socket: WebSocket, { everyMs, silentMs }: Pulse, onSilent: () => void): void {
  let heardAt = performance.now();
  const heard = () => {
    heardAt = performance.now();
  };
  for (const event of ['message', 'ping', 'pong'] as const) socket.on(event, heard);
  const timer = setInterval(() => {
    const silence = performance.now() - heardAt;
    if (silence >= silentMs) onSilent();
    else if (silence >= everyMs / 2 && socket.readyState === socket.OPEN) socket.ping();
  }, everyMs);
  timer.unref();
  socket.once('close', () => clearInterval(timer));
}
