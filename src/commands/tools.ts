/** One-shot commands. Results go to standard output; only warnings are logged. */
import { type Command, type Option, parseCommandLine } from '../config/command-line.ts';
import { parseSkywire, runSkywire } from '../simulator/command.ts';
import { examine } from '../tools/doctor.ts';
import { runAudit } from './audit.ts';
import { type CommandInput, type RunCommand, withContext } from './context.ts';
import { runRelayToken } from './relay-token.ts';
import { runReplay } from './replay.ts';
import { listensNowhere, openTools, out } from './tool-context.ts';

async function skywire({ argv, signal }: CommandInput): Promise<number> {
  const options = parseSkywire(argv);
  return withContext(
    'skywire',
    listensNowhere,
    async ({ config, redis }) => {
      const client = redis.connect(redis.skywire, 'commands', 'skywire');
      await runSkywire(options, { client, streams: config.stream.keys, signal, out });
      return 0;
    },
    // The simulator gives itself 2 s.
    { isTool: true, signal, lastWordsMs: 2_500 },
  );
}

const doctorCommand = {
  usage: 'npm run doctor',
  about:
    'Checks Redis, stream, queues and ports; prints each finding with its fix. Exit 1 if one is dangerous.',
  options: {},
} satisfies Command<Record<string, Option<unknown>>>;

async function runDoctor({ argv, signal }: CommandInput): Promise<number> {
  parseCommandLine(doctorCommand, argv);
  return withContext(
    'doctor',
    listensNowhere,
    async (context) => {
      const { config, home, skywire: client, queues } = openTools(context);
      const { redis } = context;
      const skywireServer = redis.skywire.address === redis.home.address ? undefined : redis.skywire;
      const findings = await examine({ home, skywire: client, skywireServer, queues, config });
      await queues.close();
      for (const { level, what, fix } of findings)
        out.write(`${level.padEnd(10)}${what}${fix ? `\n${' '.repeat(10)}→ ${fix}` : ''}\n`);
      return findings.some((finding) => finding.level === 'dangerous') ? 1 : 0;
    },
    { isTool: true, anyServer: true, needsSkywire: false, signal },
  );
}

export const tools = {
  skywire,
  replay: runReplay,
  audit: runAudit,
  doctor: runDoctor,
  'relay-token': runRelayToken,
} satisfies Record<string, RunCommand>;
