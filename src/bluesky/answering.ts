/** The side that calls Bluesky: workers. It announces its presence every few seconds. */
import { setMaxListeners } from 'node:events';
import type { Lookups } from '../../processors/index.ts';
import type { Events } from '../observe/events.ts';
import type { RedisClient } from '../redis/connections.ts';
import { createAsked } from './asked/asked.ts';
import { tell } from './asked/news.ts';
import { createBluesky } from './bluesky.ts';
import { createCalls } from './http/calls.ts';
import { createGet } from './http/get.ts';
import { createKnown } from './known/known.ts';
import { createRoom } from './known/room.ts';
import { createLooks } from './lookups/look.ts';
import { createPace } from './pace/pace.ts';

/** From the settings; undefined: lookups are off. */
export interface LookupSettings {
  apiUrl: string;
  plcUrl: string;
  /** Both servers are on loopback. */
  isLoopback: boolean;
}

export interface Answering extends Lookups {
  /** Ends calls and waits immediately; their jobs complete. Idempotent. */
  stop(): void;
}

const SAY_EVERY_MS = 5_000;

export function startAnswering(
  client: RedisClient,
  settings: LookupSettings,
  events: Pick<Events, 'lookupCall' | 'serverLeftAlone' | 'trouble'>,
): Answering {
  const stopping = new AbortController();
  // Aborts every call and every wait for a turn.
  setMaxListeners(0, stopping.signal);
  const get = createGet({ allowsLoopback: settings.isLoopback });
  const calls = createCalls({ get, pace: createPace(client), events, signal: stopping.signal });
  const asked = createAsked(client, settings.apiUrl);
  const looks = createLooks({
    bluesky: createBluesky(calls, settings),
    known: createKnown(client, createRoom(client)),
    asked,
    tell: (news) => tell(client, news),
    onTrouble: events.trouble,
  });
  const say = () => asked.workerIsHere().catch((error) => events.trouble('lookups', error as Error));
  void say();
  const timer = setInterval(() => void say(), SAY_EVERY_MS).unref();
  return {
    look: looks.look,
    stop() {
      clearInterval(timer);
      stopping.abort();
      get.close();
    },
  };
}

/** With lookups off no call is made; leftover jobs complete. */
export const noAnswering: Answering = {
  look: () => Promise.resolve(['given_up']),
  stop: () => undefined,
};
