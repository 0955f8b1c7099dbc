/** Reading: a page of a full inbox, a search through it, and what a feed-reader app asks for at each sync, at the server. */
import { measureSync } from '../greader-sync.ts';
import { measureInboxPage } from '../inbox-page.ts';
import { measureSearch } from '../inbox-search.ts';
import type { Options } from '../options.ts';
import type { Result } from '../result.ts';
import { median, rounded } from '../statistics.ts';
import type { World } from '../world.ts';

export async function inbox(world: World, { rounds }: Options): Promise<Result> {
  const times = [];
  for (let round = 0; round < rounds; round += 1) {
    await world.clear();
    const pages = await measureInboxPage(world.redis);
    const sync = await measureSync(world.redis);
    times.push({ ...pages, sync, search: await measureSearch(world.redis) });
  }
  const [{ items, page, sync, search }] = times as [(typeof times)[0]];
  const middle = (values: readonly number[]): number => rounded(median(values));
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
            middle(times.map(({ medianMs }) => medianMs)),
            middle(times.map(({ p99Ms }) => p99Ms)),
          ],
        ],
      },
      {
        title: 'A feed-reader app by the Google Reader API, ms',
        columns: ['what', 'median of 20', 'first time'],
        rows: [
          [
            `${sync.ids} ids`,
            middle(times.map((one) => one.sync.idsMs)),
            middle(times.map((one) => one.sync.firstIdsMs)),
          ],
          [`${sync.contents} items`, middle(times.map((one) => one.sync.contentsMs)), '–'],
          [`beside them: page of ${page}`, middle(times.map((one) => one.sync.pageMs)), '–'],
        ],
      },
      {
        title: `A search through all ${items} items, ${search.searches} of them one after the other, and a page of ${page} every 20 ms meanwhile, ms`,
        columns: ['search: median', 'most', 'page: median', 'most', 'process busy at a stretch: most'],
        rows: [
          [
            middle(times.map((one) => one.search.medianMs)),
            middle(times.map((one) => one.search.mostMs)),
            middle(times.map((one) => one.search.pageMs.median)),
            middle(times.map((one) => one.search.pageMs.most)),
            middle(times.map((one) => one.search.blockedMs)),
          ],
        ],
      },
    ],
    charts: [],
    rounds: times,
  };
}
