/** The same backlog read from Redis directly, and through a relay: a process more, and a WebSocket in between. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf, newToken } from '../../src/relay/server/tokens.ts';
import { backlogOf, type System } from '../drain.ts';
import { makeMatches, postsFrom } from '../matches.ts';
import type { Options } from '../options.ts';
import type { Result } from '../result.ts';
import { measureCases, othersIn, type Say } from '../rounds.ts';
import { median, rounded } from '../statistics.ts';
import { product } from '../systems/systems.ts';
import type { World } from '../world.ts';

const PORT = 31_917;

export async function measureRelay(world: World, options: Options, say: Say): Promise<Result> {
  const { matches, inboxes, rounds, file } = options;
  const backlog = backlogOf(await makeMatches(postsFrom(file), matches, inboxes));
  const folder = mkdtempSync(join(tmpdir(), 'skywire-inbox-bench-relay-'));
  const token = newToken();
  const tokens = join(folder, 'tokens');
  writeFileSync(tokens, `bench ${digestOf(token)} rate=1000000\n`);
  const direct = product('straight from Redis');
  const relayed: System = {
    name: 'through a relay',
    settings: {
      SKYWIRE_RELAY_URL: `ws://127.0.0.1:${PORT}/relay`,
      SKYWIRE_RELAY_TOKEN: token,
      RELAY_PORT: String(PORT),
      RELAY_TOKENS_FILE: tokens,
    },
    processes: [{ name: 'relay', program: 'product', args: ['relay'] }, ...direct.processes],
  };
  try {
    const cases = [direct, relayed].map((system) => ({ system, backlog }));
    const measured = await measureCases(world, cases, rounds, say);
    const [base] = measured;
    return {
      suite: 'relay',
      about: `${matches} matches from the stream into ${inboxes} inboxes, ${rounds} rounds, interleaved. ${othersIn(measured)}`,
      tables: [
        {
          title: 'Matches a second, and CPU in µs a match',
          columns: ['way', 'median/s', 'least to most', 'it ÷ direct', 'CPU µs'],
          rows: measured.map(({ name, perSecond, cpuTotal, rounds: each }) => [
            name,
            rounded(perSecond.median),
            `${rounded(perSecond.least)} to ${rounded(perSecond.most)}`,
            rounded(median(each.map((one, at) => one.perSecond / base!.rounds[at]!.perSecond)), 2),
            rounded(cpuTotal.median),
          ]),
        },
      ],
      charts: [],
      rounds: measured,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
