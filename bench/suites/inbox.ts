/** Reading: a page of a full inbox, at the server. */
import { measureInboxPage } from '../inbox-page.ts';
import type { Options } from '../options.ts';
import type { Result } from '../result.ts';
import { median, rounded } from '../statistics.ts';
import type { World } from '../world.ts';

export async function inbox(world: World, { rounds }: Options): Promise<Result> {
  const times = [];
  for (let round = 0; round < rounds; round += 1) {
    await world.clear();
    times.push(await measureInboxPage(world.redis));
  }
  const [{ items, page }] = times as [(typeof times)[0]];
  return {
    suite: 'inbox',
    about: `From the request to its JSON text, Redis included, the network not: pages of ${page} at random places of an inbox of ${items} items.`,
    tables: [
      {
        title: 'Page of an inbox, ms',
        columns: ['items', 'page', 'median', 'p99'],
        rows: [
          [
            items,
            page,
            rounded(median(times.map(({ medianMs }) => medianMs))),
            rounded(median(times.map(({ p99Ms }) => p99Ms))),
          ],
        ],
      },
    ],
    charts: [],
    rounds: times,
  };
}
