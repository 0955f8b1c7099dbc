/** The processes that are measured: the product's roles and the simpler designs, each with the CPU it used. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuMsOf } from './machine.ts';

export interface ProcessPlan {
  name: string;
  /** Of the product's commands, or of `systems/simpler.ts`. */
  program: 'product' | 'simpler';
  /** Folder of the checkout whose build of the product runs; without it this one's. */
  checkout?: string;
  args: readonly string[];
  /** For node itself. */
  nodeArgs?: readonly string[];
}

export interface Started {
  name: string;
  cpuMs(): number;
  end(): Promise<void>;
}

const programs = {
  product: fileURLToPath(new URL('../src/main.js', import.meta.url)),
  simpler: fileURLToPath(new URL('systems/simpler.js', import.meta.url)),
};

/** What `npm run build` makes of a checkout. */
export const mainOf = (checkout: string): string => join(checkout, 'dist/src/main.js');

export type Settings = Record<string, string>;

export function startProcess(
  { name, program, checkout, args, nodeArgs = [] }: ProcessPlan,
  url: string,
  settings: Settings,
): Started {
  const main = checkout === undefined ? programs[program] : mainOf(checkout);
  const child = spawn(process.execPath, [...nodeArgs, main, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { PATH: process.env['PATH'], REDIS_URL: url, LOG_LEVEL: 'error', ...settings },
  });
  const closed = once(child, 'close');
  return {
    name,
    cpuMs: () => (child.pid === undefined ? 0 : (cpuMsOf(child.pid) ?? 0)),
    async end() {
      child.kill('SIGTERM');
      await closed;
    },
  };
}
