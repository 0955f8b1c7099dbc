/** Where the pump reads each stream: Skywire's Redis, or a relay next to it. Nothing else in the pump knows which. */

import { createRelaySource } from '../relay/pump-side/relay-source.ts';
import { createSource, type Source } from '../stream/source.ts';
import type { AppContext } from './context.ts';

export interface PumpSource {
  source: Source;
  /** Aborts a blocking read. */
  interruptRead: () => void;
  /** Closes what only this source uses, within a bounded time. */
  end: () => Promise<void>;
}

export interface PumpSources {
  sources: PumpSource[];
  /** true, or what is wrong with the connection to the streams. */
  check: () => true | string;
  appendTo: (stream: string, data: string) => Promise<unknown>;
}

export function openPumpSources({ config, redis, log }: AppContext, consumer: string): PumpSources {
  const { keys, group } = config.stream;
  const { relay } = config;
  if (!relay) {
    const commands = redis.connect(redis.skywire, 'commands', 'pump');
    const sources = keys.map((stream): PumpSource => {
      const reader = redis.connect(redis.skywire, 'reader', 'pump-reader');
      const source = createSource({ reader, commands, stream, group, consumer });
      return {
        source,
        interruptRead: source.interrupt,
        end: () => Promise.resolve(),
      };
    });
    const appendTo = (stream: string, data: string) => commands.xadd(stream, '*', 'data', data);
    return { sources, check: () => true, appendTo };
  }
  const open = new Set<string>();
  const sources = keys.map((stream): PumpSource => {
    const onConnection = (isOpen: boolean) => {
      if (isOpen) open.add(stream);
      else open.delete(stream);
      log.info({ stream, relay: relay.url }, isOpen ? 'connected to the relay' : 'the relay is gone');
    };
    const source = createRelaySource({ ...relay, stream, group, consumer, onConnection });
    return { source, interruptRead: source.interrupt, end: source.stop };
  });
  return {
    sources,
    check: () => open.size === keys.length || 'is not connected',
    appendTo: () => Promise.reject(new Error('a relay takes no entries')),
  };
}
