/** The web role killed while somebody reads. */
import { expect } from 'vitest';
import type { ShownItem } from '../fixtures/inboxes.ts';
import type { Role } from '../fixtures/roles.ts';
import { directTraffic } from '../fixtures/traffic.ts';
import { fault, kill9 } from './fault.ts';

fault(
  'web killed while an inbox is read',
  { traffic: directTraffic(2), rate: 500 },
  async (world, cast, moments) => {
    let { web }: { web: Role } = cast;
    const seen: string[] = [];
    const readOn = async () => {
      const after = seen.at(-1) ?? '0-0';
      const response = await fetch(`${web.url}/api/inboxes/sub-0/items?limit=100&after=${after}`);
      const { items } = (await response.json()) as { items: ShownItem[] };
      seen.push(...items.map(({ id }) => id));
    };
    let brokenOff = 0;
    for (let kills = 0; kills < 3; kills += 1) {
      for (let pages = moments.number('pages read', 0, 20); pages > 0; pages -= 1) await readOn();
      const reading = readOn().catch(() => (brokenOff += 1));
      await kill9(web);
      await reading;
      web = await world.start('web');
    }
    await world.producer.stop();
    await world.quiet();
    const wanted = (await world.client.xrange('inbox:{sub-0}', '-', '+')).map(([id]) => id);
    while (seen.length < wanted.length) await readOn();
    expect(seen).toEqual(wanted);
    cast.web = web;
    return `3 times kill -9 in the middle of a page (${brokenOff} broke off); its reader goes on with after=, sees every item once and in order`;
  },
);
