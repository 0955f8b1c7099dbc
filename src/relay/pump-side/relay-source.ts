/**
 * The pump's Source through a relay, over one WebSocket that is connected on demand.
 *
 * The relay pushes entries ahead of the pump, up to a window of twice a read, which hides the network's latency. Entries in the window
 * are pending in the group: `readPending` skips them, and when the connection ends they are dropped, to be read again as pending.
 */
import { oldestOf, type RawEntry, sizeOf } from '../../../queues/index.ts';
import { createReadSize } from '../../stream/read-size.ts';
import type { Source } from '../../stream/source.ts';
import { type Pulse, pulse as usualPulse } from '../heartbeat.ts';
import { answerSchemas, MAX_ENTRIES, VERSIONS } from '../protocol.ts';
import { createLine } from './line.ts';
import { type Link, openLink, type RelayAddress, RelayAway } from './link.ts';
import { createWindow } from './window.ts';

export interface RelaySourceOptions extends RelayAddress {
  stream: string;
  group: string;
  consumer: string;
  onConnection?: (isOpen: boolean) => void;
  pulse?: Pulse;
}

export interface RelaySource extends Source {
  /** Ends a waiting `readNew`; entries pushed ahead are left to `readPending`. */
  interrupt(): void;
  stop(): Promise<void>;
}

export function createRelaySource(options: RelaySourceOptions): RelaySource {
  const { stream, group, consumer, onConnection, pulse = usualPulse } = options;
  const window = createWindow();
  const size = createReadSize();
  const line = createLine();
  let link: Link | undefined;
  let connecting: Promise<Link> | undefined;
  let halting: Promise<unknown> | undefined;
  /** No reconnect until the next `readNew`, so that a stopping pump stops. */
  let isInterrupted = false;
  let isStopped = false;

  function connected(): Promise<Link> {
    if (isStopped) return Promise.reject(new RelayAway('this source was stopped'));
    if (link) return Promise.resolve(link);
    if (isInterrupted) return Promise.reject(new RelayAway('not connected to the relay'));
    connecting ??= connect().finally(() => {
      connecting = undefined;
    });
    return connecting;
  }

  async function connect(): Promise<Link> {
    // Still undefined if the connection fails before it opens.
    let opened: Link | undefined;
    opened = await openLink({
      ...options,
      pulse,
      // Entries still in transit after `halt` are left pending.
      onPushed(delivery) {
        line.pushed(delivery.ms);
        if (!halting) window.put(delivery);
      },
      onTrouble: window.fail,
      onOver(error) {
        size.failed();
        if (link && link === opened) {
          link = undefined;
          onConnection?.(false);
        }
        window.empty();
        window.fail(error);
      },
    });
    await opened.ask(
      { do: 'subscribe', versions: VERSIONS, stream, group, consumer },
      answerSchemas.subscribe,
    );
    window.empty();
    line.connected();
    link = opened;
    onConnection?.(true);
    return opened;
  }

  async function halt(): Promise<void> {
    window.empty();
    if (!link) return;
    halting ??= link
      .ask({ do: 'halt' }, answerSchemas.nothing)
      .catch(() => undefined)
      .finally(() => {
        halting = undefined;
      });
    await halting;
  }

  function grant(to: Link, count: number): void {
    const more = window.wish(count);
    if (more) to.credit(more.entries, more.bytes);
  }

  function note(asked: number, entries: readonly RawEntry[], ms: number): void {
    const bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
    if (bytes) size.took({ asked, got: entries.length, bytes, ms });
  }

  return {
    stream,
    async ensureGroup(from) {
      const to = await connected();
      await to.ask({ do: 'ensure-group', from }, answerSchemas.nothing);
    },
    async readNew(most, blockMs) {
      const count = size.next(most);
      isInterrupted = false;
      const to = await connected();
      if (isInterrupted) return [];
      await halting;
      grant(to, count);
      const { entries, ms } = await window.take(count, blockMs);
      note(count, entries, ms);
      if (entries.length && link === to) grant(to, count);
      return entries;
    },
    async claim(minIdleMs) {
      const to = await connected();
      return (await to.ask({ do: 'claim', minIdleMs }, answerSchemas.claim)).answer;
    },
    async readPending(after, most) {
      const to = await connected();
      // Pending entries are mostly those being pushed.
      if (after === '0' && !line.mayAskPending(to.receivingMs(), !window.isEmpty()))
        return { entries: [], lost: [], last: undefined };
      const count = size.next(most);
      const request = { do: 'pending', after, count } as const;
      const { answer, entries, ms } = await to.ask(request, answerSchemas.pending);
      note(count, entries, ms);
      return { entries: entries.filter(({ id }) => !window.has(id)), lost: answer.lost, last: answer.last };
    },
    async ack(ids) {
      if (!ids.length) return;
      const to = await connected();
      const parts = Array.from({ length: Math.ceil(ids.length / MAX_ENTRIES) }, (_, at) =>
        ids.slice(at * MAX_ENTRIES, (at + 1) * MAX_ENTRIES),
      );
      await Promise.all(parts.map((part) => to.ask({ do: 'ack', ids: part }, answerSchemas.nothing)));
    },
    async leave(who) {
      const to = await connected();
      if (who === undefined) await halt();
      await to.ask({ do: 'leave', ...(who !== undefined && { consumer: who }) }, answerSchemas.nothing);
    },
    async idleConsumers(idleMs) {
      const to = await connected();
      return (await to.ask({ do: 'idle-consumers', idleMs }, answerSchemas.idleConsumers)).answer.consumers;
    },
    async position(anchor) {
      const to = await connected();
      return (await to.ask({ do: 'position', anchor }, answerSchemas.position)).answer;
    },
    async look(seen) {
      const to = await connected();
      return (await to.ask({ do: 'position', look: seen }, answerSchemas.position)).answer.look;
    },
    async trim(upTo, windowMs, spared) {
      const to = await connected();
      // The protocol cannot name single entries: nothing beyond the oldest of them is trimmed.
      const floor = oldestOf([upTo, ...spared])!;
      return (await to.ask({ do: 'trim', floor, windowMs }, answerSchemas.trim)).answer;
    },
    async rewind(to) {
      const link = await connected();
      await link.ask({ do: 'rewind', to }, answerSchemas.nothing);
    },
    interrupt() {
      isInterrupted = true;
      window.fail(new RelayAway('interrupted'));
      void halt();
    },
    async stop() {
      isStopped = true;
      await connecting?.catch(() => undefined);
      await link?.close();
    },
  };
}
