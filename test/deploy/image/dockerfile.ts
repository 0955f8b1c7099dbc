/** As much of a Dockerfile as ours uses. Whatever else one may hold is refused, rather than passed over. */

export interface Instruction {
  line: number;
  name: string;
  /** What follows the name, continuation lines joined. */
  text: string;
}

export interface Stage {
  image: string;
  name: string | undefined;
  instructions: Instruction[];
}

const known = ['FROM', 'WORKDIR', 'COPY', 'RUN', 'ENV', 'USER', 'EXPOSE', 'STOPSIGNAL', 'ENTRYPOINT', 'CMD'];

/** Throws where a line is not understood. */
export function parseDockerfile(text: string): Stage[] {
  const stages: Stage[] = [];
  for (const instruction of instructionsOf(text)) {
    const { line, name, text: rest } = instruction;
    if (!known.includes(name)) throw new Error(`Dockerfile, line ${line}: ${name} is not known here`);
    if (name !== 'FROM') {
      if (!stages.length) throw new Error(`Dockerfile, line ${line}: ${name} before FROM`);
      stages.at(-1)!.instructions.push(instruction);
      continue;
    }
    const [, image, stage] = /^(\S+)(?: AS (\S+))?$/i.exec(rest) ?? [];
    if (!image) throw new Error(`Dockerfile, line ${line}: FROM ${rest} is not known here`);
    stages.push({ image, name: stage, instructions: [] });
  }
  return stages;
}

function instructionsOf(text: string): Instruction[] {
  const found: Instruction[] = [];
  let open: Instruction | undefined;
  for (const [at, raw] of text.split('\n').entries()) {
    if (/^\s*(#|$)/.test(raw)) continue;
    const goesOn = raw.endsWith('\\');
    const part = raw.replace(/\\$/, '').trim();
    if (open) open.text += ` ${part}`;
    else {
      const [, name = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(part) ?? ['', part];
      open = { line: at + 1, name: name.toUpperCase(), text: rest };
      found.push(open);
    }
    if (!goesOn) open = undefined;
  }
  return found;
}

/** `["web"]` of ENTRYPOINT and CMD. Throws at the form that goes through a shell: no signal would reach what it runs. */
export function argvOf({ line, name, text }: Instruction): string[] {
  if (!text.startsWith('[')) throw new Error(`Dockerfile, line ${line}: ${name} ${text} runs a shell`);
  return JSON.parse(text) as string[];
}

/** Of COPY: `from` is a stage, or the build's context. */
export function copyOf({ line, text }: Instruction): {
  from: string | undefined;
  sources: string[];
  to: string;
} {
  const words = text.split(/\s+/);
  const from = words[0]?.startsWith('--from=') ? words.shift()!.slice('--from='.length) : undefined;
  const to = words.pop();
  if (!to || !words.length || words.some((word) => /^--|[*?[\]]/.test(word)))
    throw new Error(`Dockerfile, line ${line}: COPY ${text} is not known here`);
  return { from, sources: words, to };
}
