/**
 * What an export holds that may be discarded by it: failed parked matches, each as it was exported. There once the export is complete, for
 * an hour. Nothing is discarded that is not in a file which was sent to its end.
 */
import { hash } from 'node:crypto';
import type { RedisClient } from '../../redis/connections.ts';
import { exportedKey } from '../../redis/keys.ts';
import type { ParkedJob } from '../index/parked-job.ts';
import type { Filter } from '../index/search.ts';

export interface About {
  filter: Filter;
  /** In words. */
  what: string;
}

export interface Exported extends About {
  jobs: number;
}

export interface Recording {
  /** Jobs whose lines were sent, with their data; those that cannot be discarded are left out. */
  sent(rows: readonly { job: ParkedJob; data: string }[]): Promise<void>;
  /** All lines were sent. */
  complete(): Promise<void>;
}

export interface Exports {
  /** `id`: the export's, made up by the page. */
  record(id: string, about: About): Promise<Recording>;
  /** undefined: no such export, or it is not complete. */
  read(id: string): Promise<Exported | undefined>;
}

const KEPT_MS = 3_600_000;
/** Of what was exported: a job that is edited afterwards is not discarded. */
const digestOf = (data: string): string => hash('sha1', data, 'hex').slice(0, 16);

export function createExports(client: RedisClient): Exports {
  return {
    async record(id, about) {
      const { complete, incomplete } = exportedKey(id);
      await client.del(incomplete);
      await client.rpush(incomplete, JSON.stringify(about));
      return {
        async sent(rows) {
          const fit = rows.filter(({ job }) => job.queue === 'parked' && job.state === 'failed');
          const entries = fit.map(({ job, data }) => `${job.score} ${digestOf(data)} ${job.id}`);
          if (entries.length > 0) await client.rpush(incomplete, ...entries);
          await client.pexpire(incomplete, KEPT_MS);
        },
        async complete() {
          await client.pexpire(incomplete, KEPT_MS);
          await client.rename(incomplete, complete);
        },
      };
    },
    async read(id) {
      const { complete } = exportedKey(id);
      const [[about], length] = await Promise.all([client.lrange(complete, 0, 0), client.llen(complete)]);
      return about === undefined ? undefined : { ...(JSON.parse(about) as About), jobs: length - 1 };
    },
  };
}
