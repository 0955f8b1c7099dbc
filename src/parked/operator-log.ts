/** Audit log of what operators changed. Bounded: the oldest entries are trimmed. */
import { timeMsOf } from '../../queues/index.ts';
import type { RedisClient } from '../redis/connections.ts';
import { fieldsOf } from '../redis/fields.ts';
import { operatorLogKey } from '../redis/keys.ts';

const MAX_ENTRIES = 10_000;

/** `name`: the user that logged in. `address`: where the request came from. */
export interface Actor {
  name: string;
  address: string;
}

export interface LoggedAction {
  id: string;
  /** ISO time, by Redis' clock. */
  at: string;
  who: string;
  from: string;
  action: string;
  what: Record<string, unknown>;
}

export interface OperatorLog {
  note(actor: Actor, action: string, what: Record<string, unknown>): Promise<void>;
  /** Newest first; `before`: only those older than this id. */
  latest(count: number, before?: string): Promise<LoggedAction[]>;
}

export function createOperatorLog(client: RedisClient): OperatorLog {
  return {
    async note({ name, address }, action, what) {
      const fields = { who: name, from: address, action, what: JSON.stringify(what) };
      await client.xadd(operatorLogKey, 'MAXLEN', '~', MAX_ENTRIES, '*', ...Object.entries(fields).flat());
    },
    async latest(count, before) {
      const rows = await client.xrevrange(operatorLogKey, before ? `(${before}` : '+', '-', 'COUNT', count);
      return rows.map(([id, fields]) => toAction(id, fields));
    },
  };
}

function toAction(id: string, fields: string[]): LoggedAction {
  const { who = '', from = '', action = '', what = '{}' } = fieldsOf(fields);
  return {
    id,
    at: new Date(timeMsOf(id)).toISOString(),
    who,
    from,
    action,
    what: JSON.parse(what) as Record<string, unknown>,
  };
}
