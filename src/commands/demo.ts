/** What `npm run demo` adds to the whole system: a simulated Skywire, and a simulated Bluesky that has its posts. */
import type { AppContext, Running } from '../app/context.ts';
import { nestBluesky } from '../config/bluesky-settings.ts';
import type { MadeUpBluesky } from '../simulator/bluesky/server.ts';

const SEED = 1;
const RATE = 20;
const SUBSCRIPTIONS = 12;

/**
 * Roles started with the returned context call the simulated Bluesky. undefined if BLUESKY_API_URL names another server: only
 * the simulated one knows these posts; from any other they would have no names.
 */
export async function startDemoBluesky(
  context: AppContext,
): Promise<(Running & { bluesky: MadeUpBluesky; context: AppContext }) | undefined> {
  const { config, log } = context;
  if (config.lookups) return undefined;
  const { startMadeUpBluesky } = await import('../simulator/bluesky/server.ts');
  // Lookup results are stored with this address, so the next demo should use the same one if it can.
  const port = config.http.port === 0 ? 0 : (config.http.port % 65_535) + 1;
  const start = (at: number) => startMadeUpBluesky({ seed: SEED, port: at });
  const bluesky = await start(port).catch(() => start(0));
  const { url } = bluesky;
  log.info(`simulated Bluesky: ${url}`);
  const { lookups, media } = nestBluesky({ BLUESKY_API_URL: url, PLC_URL: url, MEDIA: url });
  const asking = { ...context, config: { ...config, lookups, media: config.media ?? media } };
  return { bluesky, context: asking, stop: bluesky.stop };
}

export async function startDemoSkywire(
  { config, redis, log }: AppContext,
  bluesky: MadeUpBluesky | undefined,
): Promise<Running> {
  const { madeUpPosts } = await import('../simulator/made-up-posts.ts');
  const { startSimulator } = await import('../simulator/simulator.ts');
  const client = redis.connect(redis.skywire, 'commands', 'skywire');
  const posts = madeUpPosts(SEED, Date.now);
  log.info(`simulated Skywire: ${RATE} matches per second for ${SUBSCRIPTIONS} subscriptions`);
  return startSimulator(client, {
    streams: config.stream.keys,
    posts: bluesky?.publish(posts) ?? posts,
    rate: RATE,
    count: 0,
    subscriptions: SUBSCRIPTIONS,
    seed: SEED,
    emptyRkey: true,
  });
}
