/** The systems side by side. All read the same stream and end in the same inboxes. */
import type { System } from '../drain.ts';
import type { ProcessPlan, Settings } from '../processes.ts';

const role = (name: 'pump' | 'worker'): ProcessPlan => ({ name, program: 'product', args: [name] });
const simpler = (name: string, args: string): ProcessPlan => ({ name, program: 'simpler', args: [args] });

export function product(name = 'skywire-inbox', settings: Settings = {}, workers = 1): System {
  return {
    name,
    settings,
    processes: [role('pump'), ...Array.from({ length: workers }, () => role('worker'))],
  };
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
