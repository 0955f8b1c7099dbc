/** The made-up Bluesky as a process of its own. Arguments: port, how many posts of the run there are, of which one in ten is listed. */
import { startMadeUpBluesky } from '../../src/simulator/bluesky/server.ts';
import { postsFrom } from '../matches.ts';

/** A post costs a fraction of a millisecond, and an author's server is asked twice a second: more of them would find nobody. */
const LISTED = 10;

const [port = 0, count = 0] = process.argv.slice(2).map(Number);
const bluesky = await startMadeUpBluesky({ seed: 1, port });
let at = 0;
for await (const post of postsFrom(undefined)) {
  if (at >= count) break;
  if (at % LISTED === 0) bluesky.add(post);
  at += 1;
}
process.once('SIGTERM', () => void bluesky.stop().then(() => process.exit()));
