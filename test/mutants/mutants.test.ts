/** Cheap checks, so that a mutant that fits nothing any more is found long before `npm run test:mutants`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../fixtures/project-root.ts';
import { mutants } from './mutants.ts';

const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8');
const page = read('docs/reliability.md').replace(/\n +/g, ' ');

test.each(mutants)(
  '$name: fits the code, its test is there, and docs/reliability.md tells of both',
  (mutant) => {
    const { name, edits, caughtBy } = mutant;
    for (const { file, find } of edits) expect(read(file).split(find), `${find} in ${file}`).toHaveLength(2);
    expect(read(caughtBy.file)).toContain(caughtBy.test);
    expect(page).toContain(`| ${name} |`);
    expect(page).toContain(`- ${name}: \`${caughtBy.file}\`, "${caughtBy.test}"`);
  },
);

test('docs/reliability.md tells of no mutant that is not there', () => {
  const table = page.split('| mutant | harm |')[1]!.split('\n\n')[0]!;
  const told = [...table.matchAll(/^\| (?!---)(.+?) \|/gm)].map(([, name]) => name!);
  expect(told.filter(Boolean).toSorted()).toEqual(mutants.map(({ name }) => name).toSorted());
});
