/** The rows of XINFO. A missing stream has none. */
import type { RedisClient } from '../redis/connections.ts';
import { fieldsOf } from '../redis/fields.ts';

export interface Group {
  name: string;
  'last-delivered-id': string;
  pending: number;
  /** Missing before Redis 7; null if entries were deleted. */
  lag?: number | null;
}

export interface Consumer {
  name: string;
  pending: number;
  /** In ms. */
  idle: number;
}

export const groupsOf = (client: RedisClient, stream: string) => rows<Group>(client.xinfo('GROUPS', stream));

export const groupOf = async (client: RedisClient, stream: string, group: string) =>
  (await groupsOf(client, stream)).find(({ name }) => name === group);

export const consumersOf = (client: RedisClient, stream: string, group: string) =>
  rows<Consumer>(client.xinfo('CONSUMERS', stream, group));

async function rows<Row>(asked: Promise<unknown>): Promise<Row[]> {
  const found = await asked.catch((error: Error) => {
    if (error.message.includes('no such key')) return [];
    throw error;
  });
  return (found as (string | number | null)[][]).map(fieldsOf) as Row[];
}
