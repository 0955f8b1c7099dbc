/**
 * The run in a session of its own. Ctrl-C in a terminal, and `timeout`, send their signal to a whole group of processes: without
 * this they would end every Redis and every role, and with them the verdict. Only the run itself is told, and it stops in good order.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

export const isShielded = (): boolean => process.send !== undefined;

/** Runs this very command line again, shielded; its exit code. A second signal ends it at once. */
export async function runShielded(): Promise<number> {
  const run = spawn(process.execPath, process.argv.slice(1), {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let signals = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => run.kill((signals += 1) > 1 ? 'SIGINT' : 'SIGTERM'));
  return new Promise((resolve, reject) => {
    run.once('error', reject);
    run.once('close', (code, signal) => {
      if (signal) process.stdout.write(`FAILED: ended by ${signal}, nothing was judged\n`);
      resolve(code ?? 128 + constants.signals[signal!]);
    });
  });
}
