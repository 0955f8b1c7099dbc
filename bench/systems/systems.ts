/** The systems side by side. All read the same stream and end in the same inboxes. */
import type { System } from '../drain.ts';
import type { ProcessPlan, Settings } from '../processes.ts';

/** What `npm run pump` and `npm run worker` tell node; the simpler ones get what does a worker good. */
const roomForTheYoung = ['--max-semi-space-size=64'];
const nodeArgs = { pump: ['--max-semi-space-size=2'], worker: roomForTheYoung };
const role = (name: 'pump' | 'worker'): ProcessPlan => ({
  name,
  program: 'product',
  args: [name],
  nodeArgs: nodeArgs[name],
});
const simpler = (name: string, args: string): ProcessPlan => ({
  name,
  program: 'simpler',
  args: [args],
  nodeArgs: roomForTheYoung,
});

export function product(name = 'skywire-inbox', settings: Settings = {}, workers = 1): System {
  return {
    name,
    settings,
    processes: [role('pump'), ...Array.from({ length: workers }, () => role('worker'))],
  };
}

/** Another build of the product; node is told the same. */
export function productOf(checkout: string, name: string): System {
  const { processes } = product();
  return { name, processes: processes.map((plan) => ({ ...plan, checkout })) };
}

export const loop: System = { name: 'hand-written XREADGROUP loop', processes: [simpler('loop', 'loop')] };

export const sideBySide: System[] = [
  product('skywire-inbox: a pump, a worker'),
  loop,
  { name: '… reading ahead', processes: [simpler('loop', 'loop-ahead')] },
  { name: '… a call for each match', processes: [simpler('loop', 'loop-single')] },
  {
    name: 'a job a match, addBulk',
    processes: [simpler('adder', 'add-bulk'), simpler('worker', 'job-worker')],
  },
  { name: 'a job a match, queue.add', processes: [simpler('adder', 'add'), simpler('worker', 'job-worker')] },
];
