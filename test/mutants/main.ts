/** `npm run test:mutants`: exit 0 if every mutant is caught by its test, which passes on the product as it is; else 1. */
import { stripVTControlCharacters } from 'node:util';
import { type Mutant, mutants } from './mutants.ts';
import { copyTree, type Tree } from './tree.ts';

const [wanted = ''] = process.argv.slice(2);
const chosen = mutants.filter(({ name }) => name.includes(wanted));
const say = (line: string) => process.stdout.write(`${line}\n`);

const tree = await copyTree();
try {
  const sound = await soundTests(tree);
  say('| mutant | harm | caught by | how |\n| --- | --- | --- | --- |');
  let caught = 0;
  for (const mutant of chosen) {
    const how = sound.get(keyOf(mutant)) ?? (await verdict(tree, mutant));
    if (how.startsWith('caught')) caught += 1;
    say(
      `| ${mutant.name} | ${mutant.harm} | ${mutant.caughtBy.file}: ${mutant.caughtBy.test} | ${inCell(how)} |`,
    );
  }
  say(`${caught} of ${chosen.length} mutants caught`);
  process.exitCode = chosen.length && caught === chosen.length ? 0 : 1;
} finally {
  tree.remove();
}

function keyOf({ caughtBy }: Mutant): string {
  return `${caughtBy.file} ${caughtBy.test}`;
}

/** By test: why it proves nothing, for those that do not pass on the product as it is. */
async function soundTests({ test }: Tree): Promise<Map<string, string>> {
  const broken = new Map<string, string>();
  const asked = new Map(chosen.map((mutant) => [keyOf(mutant), mutant.caughtBy]));
  for (const [key, { file, test: name }] of asked) {
    const { passed, failed, firstFailure } = await test(file, name);
    if (failed) broken.set(key, `ERROR: the test fails without a mutant too: ${firstFailure}`);
    else if (!passed) broken.set(key, 'ERROR: there is no such test');
  }
  return broken;
}

async function verdict(tree: Tree, { edits, caughtBy }: Mutant): Promise<string> {
  try {
    return await tree.mutated(edits, async () => {
      const { failed, firstFailure } = await tree.test(caughtBy.file, caughtBy.test);
      return failed ? `caught: ${firstFailure}` : 'SURVIVED';
    });
  } catch (error) {
    return `ERROR: ${(error as Error).message}`;
  }
}

function inCell(text: string): string {
  return stripVTControlCharacters(text).replace(/\s+/g, ' ').replaceAll('|', '\\|').slice(0, 160);
}
