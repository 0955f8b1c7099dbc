/** Detects dead connections; used by both sides. */
import type { WebSocket } from 'ws';

export interface Pulse {
  /** How often to check. */
  everyMs: number;
  /** After this much silence the connection counts as dead. */
  silentMs: number;
}
/** Detects a half-open connection within 25 s. */
export const pulse: Pulse = { everyMs: 5_000, silentMs: 20_000 };

/**
 * Pings all the time, not only in silence: over a slow line the other side's ping waits behind the entries that it sends.
 * Stops when the connection closes.
 */
export function watchPulse(socket: WebSocket, { everyMs, silentMs }: Pulse, onSilent: () => void): void {
  let heardAt = performance.now();
  const heard = () => {
    heardAt = performance.now();
  };
  for (const event of ['message', 'ping', 'pong'] as const) socket.on(event, heard);
  const timer = setInterval(() => {
    const silence = performance.now() - heardAt;
    if (silence >= silentMs) onSilent();
    else if (socket.readyState === socket.OPEN) socket.ping();
  }, everyMs);
  timer.unref();
  socket.once('close', () => clearInterval(timer));
}
