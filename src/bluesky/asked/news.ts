/** What was answered lately, told by workers to readers of all processes: a short Redis stream. */
import type { RedisClient } from '../../redis/connections.ts';
import { lookupKeys } from '../../redis/keys.ts';

/** `answered`: names that wait no longer, found or not. `changed`: those of which something else is known now. */
export interface News {
  answered: string[];
  changed: string[];
}

const MOST = 1_000;

export async function tell(client: RedisClient, { answered, changed }: News): Promise<void> {
  const fields = ['answered', JSON.stringify(answered), 'changed', JSON.stringify(changed)];
  await client.xadd(lookupKeys.news, 'MAXLEN', '~', MOST, '*', ...fields);
}

/** Begins now: what was told before is not heard. */
export function createNews(client: RedisClient) {
  let position: string | undefined;
  return {
    async begin(): Promise<void> {
      if (position !== undefined) return;
      const [newest] = await client.xrevrange(lookupKeys.news, '+', '-', 'COUNT', 1);
      position ??= newest?.[0] ?? '0-0';
    },
    /** Nobody listens: the next one begins anew. */
    end(): void {
      position = undefined;
    },
    /** Since the last call. */
    async next(): Promise<News> {
      await this.begin();
      const entries = await client.xrange(lookupKeys.news, `(${position}`, '+', 'COUNT', 200);
      position = entries.at(-1)?.[0] ?? position;
      const all = (nth: number) =>
        entries.flatMap(([, fields]) => JSON.parse(fields[nth] ?? '[]') as string[]);
      return { answered: all(1), changed: all(3) };
    },
  };
}
