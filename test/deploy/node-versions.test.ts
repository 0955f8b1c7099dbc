/** One Node for all who do not choose: the image, `.nvmrc`; and what docs/compatibility.md and the workflow say was tried. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../fixtures/project-root.ts';

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');
const major = (version: string): string => version.split('.', 1)[0]!;

const chosen = read('.nvmrc').trim();
const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
const oldest = /^>=(\d+)\./.exec(engines.node)![1]!;
const tried = [
  ...read('docs/compatibility.md')
    .split('\n## Nodes\n')[1]!
    .matchAll(/^\| (\d+\.\d+\.\d+) \|/gm),
].map(([, version]) => major(version!));

test('every stage of the image has the Node of .nvmrc', () => {
  const stages = [...read('Dockerfile').matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
  expect(stages.length).toBeGreaterThan(0);
  for (const image of stages) expect(image).toMatch(new RegExp(`^node:${chosen}-`));
});

test('it is one of those that were tried, and so is the oldest that is allowed', () => {
  expect(tried).toContain(chosen);
  expect(tried[0]).toBe(oldest);
});

const workflow = '.github/workflows/ci.yml';
test.runIf(existsSync(join(projectRoot, workflow)))('the workflow runs the tests on each of them', () => {
  const matrix = /^ *node(?:-version)?: *\[(.*)\]/m.exec(read(workflow))?.[1] ?? '';
  expect(matrix.match(/\d+/g)).toEqual(tried);
});
