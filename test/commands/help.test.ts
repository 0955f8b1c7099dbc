import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type commands as all, commands } from '../../src/commands/commands.ts';
import { HelpAsked } from '../../src/config/command-line.ts';
import { projectRoot } from '../fixtures/project-root.ts';

const page = readFileSync(join(projectRoot, 'docs/commands.md'), 'utf8');
const optionsIn = (text: string, option: RegExp) =>
  [...text.matchAll(option)].map(([, name]) => name).toSorted();

test.each(Object.keys(commands) as (keyof typeof all)[])(
  '%s --help is its usage, and needs neither settings nor Redis; docs/commands.md has its options',
  async (name) => {
    const { signal } = new AbortController();
    const help = await commands[name]({ argv: ['--help'], signal }).then(String, (error: unknown) => error);
    expect(help).toBeInstanceOf(HelpAsked);
    const { message } = help as HelpAsked;
    expect(message).toContain(name === 'start' ? 'npm start' : `npm run ${name}`);
    const options = optionsIn(message, /^ {2}--([\w-]+)/gm).filter((option) => option !== 'help');
    const section = page.split(`\n### npm run ${name}\n`)[1]?.split('\n#')[0] ?? '';
    expect(optionsIn(section, /^- `--([\w-]+)`/gm)).toEqual(options);
  },
);
