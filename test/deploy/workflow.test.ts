/** .github/workflows/ci.yml, which never ran: held against GitHub's schema, and against what the project says elsewhere. */
import { existsSync, readFileSync } from 'node:fs';
import { validateWorkflow } from '@action-validator/core';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const workflow = read('.github/workflows/ci.yml');
const about = JSON.parse(read('package.json')) as {
  scripts: Record<string, string>;
  engines: { node: string };
};

test("GitHub's schema accepts it, and would not accept anything", () => {
  expect(validateWorkflow(workflow)).toMatchObject({ actionType: 'workflow', errors: [] });
  expect(validateWorkflow(workflow.replace('runs-on:', 'runs-at:')).errors).not.toEqual([]);
});

test('what it runs is there', () => {
  for (const [, script] of workflow.matchAll(/npm run ([\w:-]+)/g))
    expect(about.scripts).toHaveProperty([script!]);
  for (const [, file] of workflow.matchAll(/(?:bash|node-version-file:) (\S+)/g))
    expect(existsSync(new URL(`../../${file}`, import.meta.url))).toBe(true);
});

test('it runs on the oldest Node that package.json names, and on that of the image', () => {
  const nodes = /node: \[(.+)\]/.exec(workflow)![1]!.split(', ').map(Number);
  const oldest = Number(/^>=(\d+)/.exec(about.engines.node)?.[1]);
  const image = Number(/^FROM node:(\d+)/m.exec(read('Dockerfile'))?.[1]);
  expect(nodes).toEqual(expect.arrayContaining([oldest, image]));
  expect(Math.min(...nodes)).toBe(oldest);
});
