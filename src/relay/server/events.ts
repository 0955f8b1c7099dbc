/** Business events of a relay, each with its counter and log line. */
import { Counter, Gauge, type Registry } from 'prom-client';
import { quote } from '../../../queues/index.ts';
import { type Logger, limitRepeats } from '../../observe/logger.ts';
import { closeCodes } from '../protocol.ts';

export type RelayEvents = ReturnType<typeof createRelayEvents>;

const known = new Set<number>([...Object.values(closeCodes), 1006]);

export function createRelayEvents(log: Logger, registry: Registry) {
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name: `skywire_inbox_relay_${name}`, help, labelNames, registers: [registry] });
  const sent = counter('entries_sent_total', 'Stream entries sent to pumps');
  const acked = counter('entries_acked_total', 'Stream entries that pumps acknowledged');
  const taken = counter('entries_taken_over_total', 'Stream entries handed from a pump that left to another');
  const opened = counter('connections_total', 'Connections that subscribed, by whether they resumed', [
    'resumed',
  ]);
  const closed = counter('closed_total', 'Connections that ended, by close code', ['code']);
  const pumps = new Gauge({
    name: 'skywire_inbox_relay_pumps',
    help: 'Pumps connected now, one for each stream',
    registers: [registry],
  });
  const warn = limitRepeats((text, leftOut) => log.warn(leftOut ? { leftOut } : {}, text));
  return {
    sent: (count: number) => sent.inc(count),
    acked: (count: number) => acked.inc(count),
    takenOver(count: number, from: string, to: string) {
      taken.inc(count);
      log.info({ count, from, to }, 'moved pending entries from a departed pump to another');
    },
    /** The only event that means data loss. The pump reports it too. */
    lost(ids: readonly string[], stream: string) {
      log.error({ stream, ids }, 'LOST: these entries were trimmed from the stream while they were pending');
    },
    subscribed(consumer: string, stream: string, resumed: boolean) {
      opened.inc({ resumed: String(resumed) });
      pumps.inc();
      log.info({ consumer, stream }, resumed ? 'pump reconnected' : 'pump connected');
    },
    ended(consumer: string | undefined, code: number, reason: string) {
      closed.inc({ code: known.has(code) ? String(code) : 'other' });
      if (consumer === undefined) {
        warn(`connection closed: ${code} ${quote(reason)}`);
        return;
      }
      pumps.dec();
      log.info({ consumer, code, reason: quote(reason) }, 'pump disconnected');
    },
    tokens(count: number) {
      log.info({ count }, 'tokens file reloaded');
    },
    trouble(where: string, error: Error) {
      warn(`${where}: ${quote(error.message || error.name)}`);
    },
    problem(text: string) {
      log.error(text);
    },
  };
}
