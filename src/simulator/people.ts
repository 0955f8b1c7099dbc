/** The authors of generated posts: the same people from the same seed. */
import { makeDid } from './identifiers.ts';
import { type Language, languages } from './languages.ts';
import { createRandom, type Random } from './random.ts';

export interface Person {
  did: string;
  handle: string;
}

export interface Author extends Person {
  language: Language;
}

const AUTHORS = 2_000;
const FIRST_NAMES = ['mira', 'juno', 'tomo', 'bela', 'oskar', 'noor', 'kai'];

export function makeAuthors(seed: number): Author[] {
  const random = createRandom(seed, 1);
  return Array.from({ length: AUTHORS }, () => ({
    did: makeDid(random),
    handle: `${random.pick(FIRST_NAMES)}${random.below(10_000)}.example`,
    language: pickLanguage(random),
  }));
}

const weights = languages.reduce((total, { weight }) => total + weight, 0);

function pickLanguage(random: Random): Language {
  let left = random.below(weights);
  return languages.find(({ weight }) => (left -= weight) < 0)!;
}
