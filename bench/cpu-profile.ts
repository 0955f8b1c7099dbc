/** Reads a profile that `node --cpu-prof` wrote: which stage of a process took which part of its time. */
import { readFileSync } from 'node:fs';

interface CpuProfile {
  startTime: number;
  endTime: number;
  nodes: { id: number; callFrame: { functionName: string; url: string }; children?: number[] }[];
  samples: number[];
  timeDeltas: number[];
}

/** [name, part of the busy time from 0 to 1], largest first. */
export type Parts = [name: string, part: number][];

export interface Profile {
  stages: Parts;
  /** Functions by their own time, without what they call. */
  functions: Parts;
}

/** The innermost frame that one of these knows says which stage a sample belongs to: JSON.parse itself belongs to who calls it. */
const stages: [stage: string, where: RegExp][] = [
  ['garbage collection', /^\(garbage collector\)/],
  ['parse, check and identify a match', /\/queues\/(match|json-text)/],
  ['check job data (zod)', /\/node_modules\/zod\//],
  ['job data, ids', /\/queues\/|node:crypto/],
  ['route, plan, verdicts', /\/processors\//],
  ['group by inbox, arguments', /\/src\/inbox\/|\/src\/redis\/keys/],
  ['pump: read, batch, ack', /\/src\/pump\//],
  ['job encoding (msgpackr)', /\/msgpackr\//],
  ['BullMQ', /\/bullmq\//],
  ['replies read (ioredis)', /\/ioredis\/built\/(resp\/|DataHandler)/],
  ['commands sent (ioredis)', /\/ioredis\/|\/src\/redis\//],
  [
    'sockets (node)',
    /node:(net|internal\/(stream|streams|js_stream)|stream)|^writev? |^writeUtf8String |^writeBuffer /,
  ],
  ['logs and metrics', /\/(pino|prom-client)\/|\/src\/observe\//],
];

/** Only samples between the two times count, in µs from the start of the profile. */
export function readProfile(path: string, fromUs = 0, toUs = Number.POSITIVE_INFINITY): Profile {
  const profile = JSON.parse(readFileSync(path, 'utf8')) as CpuProfile;
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const stageTime = new Map<string, number>();
  const functionTime = new Map<string, number>();
  const stageById = new Map<number, string>();
  let atUs = 0;
  let busy = 0;
  for (const [place, id] of profile.samples.entries()) {
    const us = profile.timeDeltas[place]!;
    atUs += us;
    const name = nameOf(id);
    if (atUs < fromUs || atUs > toUs || name.startsWith('(idle)')) continue;
    busy += us;
    let stage = stageById.get(id);
    if (!stage) {
      stage = stageOf(id);
      stageById.set(id, stage);
    }
    stageTime.set(stage, (stageTime.get(stage) ?? 0) + us);
    functionTime.set(name, (functionTime.get(name) ?? 0) + us);
  }
  const parts = (times: Map<string, number>): Parts =>
    [...times].map(([name, us]): Parts[number] => [name, us / busy]).sort(([, a], [, b]) => b - a);
  return { stages: parts(stageTime), functions: parts(functionTime) };

  function nameOf(id: number): string {
    const { functionName, url } = byId.get(id)!.callFrame;
    const where = url.replace(/^.*\/node_modules\//, '').replace(/^file:\/\/.*?\/dist\//, '');
    return `${functionName || '(anonymous)'} ${where}`.trim();
  }

  function stageOf(leaf: number): string {
    for (let id: number | undefined = leaf; id !== undefined; id = parents.get(id)) {
      const { functionName, url } = byId.get(id)!.callFrame;
      const found = stages.find(([, where]) => where.test(`${functionName} ${url}`));
      if (found) return found[0];
    }
    return 'node itself (event loop, system calls)';
  }
}
