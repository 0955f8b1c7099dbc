/** An update while matches flow: processes of an older build and of this one side by side, on the same queues and inboxes. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { projectRoot } from '../fixtures/project-root.ts';
import { pairedTraffic, subscriptionNames } from '../fixtures/traffic.ts';
import { fault, kill9 } from './fault.ts';

/** The last commit whose batches have version 1. */
const OLD = '15265f7';
const old = mkdtempSync(join(tmpdir(), 'skywire-inbox-old-'));
afterAll(() => rmSync(old, { recursive: true, force: true }));

/** False where the repository's history is not there: a shallow clone, an unpacked archive. */
const hasHistory = spawnSync('git', ['cat-file', '-e', `${OLD}^{tree}`], { cwd: projectRoot }).status === 0;

beforeAll(() => {
  if (!hasHistory) return;
  const tar = execFileSync('git', ['archive', OLD], {
    cwd: projectRoot,
    stdio: 'pipe',
    maxBuffer: 2 ** 28,
  });
  execFileSync('tar', ['-x', '-C', old], { input: tar });
  symlinkSync(join(projectRoot, 'node_modules'), join(old, 'node_modules'));
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: old, stdio: 'pipe' });
});

const traffic = pairedTraffic(40);
const oldMain = join(old, 'dist/src/main.js');

if (hasHistory)
  fault(
    'two versions side by side',
    { rate: 0, workers: 1, traffic, env: { ROUTING: 'directory' } },
    async (world, { pumps, workers, web }, moments) => {
      for (const subscription of subscriptionNames(traffic))
        for (const person of traffic.subscribersOf(subscription))
          await fetch(`${web.url}/api/subscriptions/${subscription}/subscribers/${person}`, {
            method: 'PUT',
          });
      await kill9(pumps[0]!);
      await kill9(workers[0]!);
      const oldOnes = [await world.start('pump', {}, oldMain), await world.start('worker', {}, oldMain)];
      world.producer.run(500);
      moments.begin();
      await moments.wait();
      // The update begins: first workers, then pumps, as docs say nothing about an order.
      const newPump = await world.start('pump');
      await moments.wait(4_000);
      await kill9(newPump);
      await world.start('worker');
      await world.start('pump');
      await world.deliveredMoreThan((await world.delivered()) + 1_000, 60_000);
      for (const role of oldOnes) {
        role.signal('SIGTERM');
        await role.ended;
      }
      await world.deliveredMoreThan((await world.delivered()) + 500, 60_000);
      return 'a build of version 1 and this one share stream, queues and inboxes; the old one leaves newer jobs to the new one';
    },
  );
else
  test('two versions side by side', ({ skip }) =>
    skip(`the older build cannot be made: commit ${OLD} is not in this clone (git fetch --unshallow)`));
