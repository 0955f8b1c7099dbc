/** One connection from a pump to a relay: connecting → open → over. It never reconnects. */
import { WebSocket } from 'ws';
import type { z } from 'zod';
import type { RawEntry } from '../../../queues/index.ts';
import { atMost } from '../../redis/deadline.ts';
import { createAssembler, type Delivery } from '../entry-frames.ts';
import { type Pulse, watchPulse } from '../heartbeat.ts';
import { closeCodes, fromRelaySchema, MAX_FRAME_BYTES, type Request, type Subscribe } from '../protocol.ts';

/** The relay is unreachable, refused, or closed the connection. The message says why, without secrets. */
export class RelayAway extends Error {
  override name = 'RelayAway';
}

/** The relay's Redis rejected a request. The message holds the error code. */
export class RelayRefusal extends Error {
  override name = 'RelayRefusal';
}

export interface RelayAddress {
  url: string;
  token: string;
  tls: { ca?: Buffer; servername?: string };
}

export interface LinkOptions extends RelayAddress {
  pulse: Pulse;
  /** Entries pushed on credit. */
  onPushed: (delivery: Omit<Delivery, 'n'>) => void;
  onTrouble: (error: Error) => void;
  onOver: (error: RelayAway) => void;
}

type WithoutNumber<R> = R extends { n: number } ? Omit<R, 'n'> : never;
export type Ask = WithoutNumber<Request> | (WithoutNumber<Subscribe> & { versions: readonly number[] });

export interface Link {
  /** The answer and the entries sent with it, in `ms`. Rejects with RelayAway, RelayRefusal. */
  ask<Schema extends z.ZodType>(
    request: Ask,
    schema: Schema,
  ): Promise<{ answer: z.output<Schema>; entries: RawEntry[]; ms: number }>;
  credit(entries: number, bytes: number): void;
  /** For how long a delivery has been coming in that is not complete yet; 0: none is. */
  receivingMs(): number;
  /** Closes cleanly. Resolves when it is over, within 2 s. */
  close(): Promise<void>;
}

const CONNECT_WITHIN_MS = 5_000;
/** Since the last frame of entries: over a slow line an answer waits behind them. */
const ANSWER_WITHIN_MS = 20_000;
const CLOSE_WITHIN_MS = 2_000;

interface Found {
  answer: unknown;
  entries: RawEntry[];
  ms: number;
}
interface Waiting {
  entries: RawEntry[];
  ms: number;
  timer: NodeJS.Timeout;
  resolve: (found: Found) => void;
  reject: (error: Error) => void;
}

/** Resolves when the connection is open. Throws RelayAway. */
export async function openLink(options: LinkOptions): Promise<Link> {
  const { url, token, tls, pulse, onPushed, onTrouble, onOver } = options;
  const socket = new WebSocket(url, {
    ...tls,
    headers: { Authorization: `Bearer ${token}` },
    handshakeTimeout: CONNECT_WITHIN_MS,
    maxPayload: MAX_FRAME_BYTES.toPump,
    perMessageDeflate: false,
  });
  const waiting = new Map<number, Waiting>();
  const assembler = createAssembler();
  let lastN = 0;
  let why: string | undefined;
  let over: RelayAway | undefined;

  const breakOff = (reason: string) => {
    why ??= reason;
    socket.terminate();
  };
  const closed = new Promise<void>((resolve) => {
    socket.once('close', (code, reason) => {
      over = new RelayAway(`the relay at ${url} ${why ?? closing(code, reason.toString())}`);
      for (const { reject } of waiting.values()) reject(over);
      waiting.clear();
      onOver(over);
      resolve();
    });
  });
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    try {
      if (isBinary) takeEntries(data);
      else takeText(data.toString());
    } catch (error) {
      breakOff(`sent an invalid frame: ${(error as Error).message}`);
    }
  });

  function takeEntries(frame: Buffer): void {
    for (const { timer } of waiting.values()) timer.refresh();
    const delivery = assembler.take(frame);
    if (!delivery) return;
    if (delivery.n === 0) return onPushed(delivery);
    const asked = waiting.get(delivery.n);
    if (asked) Object.assign(asked, { entries: delivery.entries, ms: delivery.ms });
  }

  function takeText(text: string): void {
    const said = fromRelaySchema.parse(JSON.parse(text));
    if ('trouble' in said) return onTrouble(new RelayRefusal(`the relay cannot read: ${said.trouble}`));
    const asked = waiting.get(said.n);
    waiting.delete(said.n);
    if ('ok' in said) asked?.resolve({ answer: said.ok, entries: asked.entries, ms: asked.ms });
    else asked?.reject(new RelayRefusal(`the relay's Redis: ${said.error}`));
  }

  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.on('error', (error) => {
      why ??= `cannot be reached: ${error.message}`;
    });
    void closed.then(() => reject(over!));
  });
  watchPulse(socket, pulse, () => breakOff('stopped answering pings'));

  return {
    async ask(request, schema) {
      if (over) throw over;
      lastN = (lastN % 0xffff_ffff) + 1;
      const n = lastN;
      const timer = setTimeout(() => breakOff('did not answer a request in time'), ANSWER_WITHIN_MS);
      try {
        const found = await new Promise<Found>((resolve, reject) => {
          waiting.set(n, { entries: [], ms: 0, timer, resolve, reject });
          socket.send(JSON.stringify({ n, ...request }));
        });
        return { ...found, answer: schema.parse(found.answer) };
      } finally {
        clearTimeout(timer);
      }
    },
    credit(entries, bytes) {
      if (!over) socket.send(JSON.stringify({ do: 'credit', entries, bytes }));
    },
    receivingMs: assembler.receivingMs,
    async close() {
      socket.close(closeCodes.done, 'the pump has ended');
      await atMost(CLOSE_WITHIN_MS, closed);
      socket.terminate();
      await closed;
    },
  };
}

function closing(code: number, reason: string): string {
  if (code === 1006) return 'lost the connection';
  return `closed the connection: ${code}${reason && ` ${reason.replace(/[^\x20-\x7e]/g, '?')}`}`;
}
