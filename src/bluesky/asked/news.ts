/** Recent answers, announced by workers to the readers of all processes through a short Redis stream. */
import type { RedisClient } from '../../redis/connections.ts';
import { lookupKeys } from '../../redis/keys.ts';

/** `answered`: names no longer waiting, found or not. `changed`: names about which something new is known. */
export interface News {
  answered: string[];
  changed: string[];
}

const MOST = 1_000;

export async function tell(client: RedisClient, { answered, changed }: News): Promise<void> {
  const fields = ['answered', JSON.stringify(answered), 'changed', JSON.stringify(changed)];
  await client.xadd(lookupKeys.news, 'MAXLEN', '~', MOST, '*', ...fields);
}

/** Begins now: earlier announcements are not read. */
export function createNews(client: RedisClient) {
  let position: string | undefined;
  return {
    async begin(): Promise<void> {
      if (position !== undefined) return;
      const [newest] = await client.xrevrange(lookupKeys.news, '+', '-', 'COUNT', 1);
      position ??= newest?.[0] ?? '0-0';
    },
    /** Nobody listens: the next one starts from the present. */
    end(): void {
      position = undefined;
    },
    /** Announcements since the last call. */
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
