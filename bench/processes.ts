/** The processes that are measured: the product's roles and the simpler designs, each with the CPU it used. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { cpuMsOf, residentMbOf } from './machine.ts';

export interface ProcessPlan {
  name: string;
  /** Of the product's commands, or of `systems/simpler.ts`, or the made-up Bluesky. */
  program: 'product' | 'simpler' | 'bluesky';
  /** Folder of the checkout whose build of the product runs; without it this one's. */
  checkout?: string;
  args: readonly string[];
  /** For node itself. */
  nodeArgs?: readonly string[];
  /** Of this process alone. */
  settings?: Settings;
  /** Whether the lines of its standard output are kept. */
  keepsLines?: boolean;
}

export interface Started {
  name: string;
  cpuMs(): number;
  residentMb(): number;
  logLines(): readonly string[];
  end(): Promise<void>;
}

const programs = {
  product: fileURLToPath(new URL('../src/main.js', import.meta.url)),
  simpler: fileURLToPath(new URL('systems/simpler.js', import.meta.url)),
  bluesky: fileURLToPath(new URL('systems/bluesky.js', import.meta.url)),
};

/** What `npm run build` makes of a checkout. */
export const mainOf = (checkout: string): string => join(checkout, 'dist/src/main.js');

export type Settings = Record<string, string>;

export function startProcess(
  { name, program, checkout, args, nodeArgs = [], settings: own, keepsLines }: ProcessPlan,
  url: string,
  settings: Settings,
): Started {
  const main = checkout === undefined ? programs[program] : mainOf(checkout);
  const child = spawn(process.execPath, [...nodeArgs, main, ...args], {
    stdio: ['ignore', keepsLines ? 'pipe' : 'ignore', 'inherit'],
    env: { PATH: process.env['PATH'], REDIS_URL: url, LOG_LEVEL: 'error', ...settings, ...own },
  });
  const lines: string[] = [];
  if (child.stdout) createInterface(child.stdout).on('line', (line) => lines.push(line));
  const closed = once(child, 'close');
  return {
    name,
    cpuMs: () => (child.pid === undefined ? 0 : (cpuMsOf(child.pid) ?? 0)),
    residentMb: () => (child.pid === undefined ? 0 : residentMbOf(child.pid)),
    logLines: () => lines,
    async end() {
      child.kill('SIGTERM');
      await closed;
    },
  };
}
