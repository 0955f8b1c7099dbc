import { type Command, type Option, parseCommandLine } from '../config/command-line.ts';
import { howToRun } from '../config/invocation.ts';
import { examine } from '../tools/doctor.ts';
import { type CommandInput, withContext } from './context.ts';
import { listensNowhere, openTools, out } from './tool-context.ts';

const doctorCommand = {
  usage: howToRun('doctor'),
  about:
    'Checks Redis, stream, queues and ports; prints each finding with its fix. Exit 1 if one is dangerous.',
  options: {},
} satisfies Command<Record<string, Option<unknown>>>;

export async function runDoctor({ argv, signal }: CommandInput): Promise<number> {
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
