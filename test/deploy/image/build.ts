/** Runs a Dockerfile's instructions in bare folders, one a stage, in place of the image's file systems. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { projectRoot } from '../../fixtures/project-root.ts';
import { argvOf, copyOf, type Instruction, type Stage } from './dockerfile.ts';

export interface Built {
  root: string;
  workdir: string;
  env: Record<string, string>;
  user: string;
  entrypoint: string[];
  cmd: string[];
  /** RUN lines that were left out, since they would change this machine: what they install must be here already. */
  leftOut: string[];
}

/** What a RUN line sees of this machine: its programs, and npm's cache, so that a second run downloads less. */
const ofThisMachine = {
  PATH: process.env['PATH']!,
  npm_config_cache: execFileSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).trim(),
  npm_config_prefer_offline: 'true',
};

/** The stages' folders come below `folder`. Returns the last stage, which is the image. */
export function buildStages(stages: readonly Stage[], folder: string): Built {
  const built = new Map<string, Built>();
  let last: Built | undefined;
  for (const [at, stage] of stages.entries()) {
    const root = join(folder, stage.name ?? String(at));
    mkdirSync(root);
    last = { root, workdir: '/', env: {}, user: 'root', entrypoint: [], cmd: [], leftOut: [] };
    for (const instruction of stage.instructions) run(instruction, last, built);
    built.set(stage.name ?? String(at), last);
  }
  return last!;
}

const within = ({ root, workdir }: Built, path: string) =>
  join(root, path.startsWith('/') ? path : join(workdir, path));

function run(instruction: Instruction, stage: Built, others: ReadonlyMap<string, Built>): void {
  const { name, text, line } = instruction;
  if (name === 'WORKDIR') {
    stage.workdir = join(stage.workdir, text);
    mkdirSync(within(stage, '.'), { recursive: true });
  } else if (name === 'ENV') {
    const [, key, value] = /^(\w+)=(\S+)$/.exec(text) ?? [];
    if (!key) throw new Error(`Dockerfile, line ${line}: ENV ${text} is not known here`);
    stage.env[key] = value!;
  } else if (name === 'USER') stage.user = text;
  else if (name === 'ENTRYPOINT') stage.entrypoint = argvOf(instruction);
  else if (name === 'CMD') stage.cmd = argvOf(instruction);
  else if (name === 'COPY') copy(instruction, stage, others);
  else if (name === 'RUN' && /\bapt-get\b/.test(text)) stage.leftOut.push(text);
  else if (name === 'RUN')
    execFileSync('/bin/sh', ['-c', text], {
      cwd: within(stage, '.'),
      env: { ...ofThisMachine, HOME: stage.root, ...stage.env },
      stdio: 'pipe',
    });
}

/** As Docker does: of a folder its contents. */
function copy(instruction: Instruction, stage: Built, others: ReadonlyMap<string, Built>): void {
  const { from, sources, to } = copyOf(instruction);
  const target = within(stage, to);
  for (const source of sources) {
    const path = from === undefined ? inContext(source) : within(others.get(from)!, source);
    const intoFolder = !statSync(path).isDirectory() && (/[./]$/.test(to) || sources.length > 1);
    cpSync(path, intoFolder ? join(target, basename(path)) : target, {
      recursive: true,
      verbatimSymlinks: true,
    });
  }
  chmodSync(stage.root, 0o755);
}

/** What .dockerignore leaves out is not sent to a builder at all. */
function inContext(source: string): string {
  const ignored = readFileSync(join(projectRoot, '.dockerignore'), 'utf8').split('\n').filter(Boolean);
  const hit = ignored.find((entry) => source === entry || source.startsWith(`${entry}/`));
  if (hit) throw new Error(`COPY ${source}: .dockerignore leaves out ${hit}`);
  return join(projectRoot, source);
}
