/** Reading: a page of a full inbox, and what a feed-reader app asks for at each sync, at the server. */
import { measureSync } from '../greader-sync.ts';
import { measureInboxPage } from '../inbox-page.ts';
import type { Options } from '../options.ts';
import type { Result } from '../result.ts';
import { median, rounded } from '../statistics.ts';
import type { World } from '../world.ts';

export async function inbox(world: World, { rounds }: Options): Promise<Result> {
  const times = [];
  for (let round = 0; round < rounds; round += 1) {
    await world.clear();
    times.push({ ...(await measureInboxPage(world.redis)), sync: await measureSync(world.redis) });
  }
  const [{ items, page, sync }] = times as [(typeof times)[0]];
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
      {
        title: 'A feed-reader app by the Google Reader API, ms',
        columns: ['what', 'median of 20', 'first time'],
        rows: [
          [
            `${sync.ids} ids`,
            rounded(median(times.map((one) => one.sync.idsMs))),
            rounded(median(times.map((one) => one.sync.firstIdsMs))),
          ],
          [`${sync.contents} items`, rounded(median(times.map((one) => one.sync.contentsMs))), '–'],
        ],
      },
    ],
    charts: [],
    rounds: times,
  };
}
