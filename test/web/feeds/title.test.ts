/** The short ways of titles and texts end where the long ones do. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstWords } from '../../../src/web/feeds/title.ts';
import { dropForbidden } from '../../../src/web/feeds/xml.ts';

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
/** What a title's beginning may look like, and what joins itself to the character before it. */
const alphabet = [
  ...Array.from('abc  éßŁΩжあ漢–’'),
  '\u0301',
  '\u3099',
  '\u20e3',
  '\ufe0f',
  '\u200d',
  '\u00ad',
  '😀',
  '👩🏽',
  '🇩🇪',
  '한',
  '\u1112',
  '\u1161',
  'क्',
];
const words = fc.array(fc.constantFrom(...alphabet), { maxLength: 200 }).map((chars) => chars.join(''));
const plainWords = fc
  .array(fc.constantFrom(...alphabet.slice(0, 16)), { minLength: 70, maxLength: 200 })
  .map((chars) => chars.join(''));

test('a title has at most 80 graphemes, cut between words if possible, whatever it is made of', () => {
  const property = (text: string) => {
    const line = text.replace(/\s+/gu, ' ').trim();
    const shown = [...graphemes.segment(line)].map(({ segment }) => segment);
    const space = shown.slice(0, 80).lastIndexOf(' ');
    const cut = `${shown.slice(0, space > 40 ? space : 80).join('')}…`;
    expect(firstWords(text)).toBe(shown.length <= 80 ? line : cut);
  };
  fc.assert(fc.property(fc.oneof(words, plainWords), property), { numRuns: 400 });
});

test('every character that counts as one of its own is one, beside any other', () => {
  const others = ['a', '\u0301', '漢'];
  const wrong: string[] = [];
  for (let code = 0x20; code <= 0x9fff; code += code < 0x530 ? 1 : 13) {
    const char = String.fromCharCode(code);
    for (const other of others) {
      if (/[\s\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(char + other)) continue;
      const [first, second] = graphemes.segment(`x${char}${other}y`);
      const wanted = `${'x'.repeat(78)}${first!.segment}${second!.segment}…`;
      if (firstWords(`${'x'.repeat(79)}${char}${other}${'y'.repeat(9)}`) !== wanted)
        wrong.push(code.toString(16));
    }
  }
  expect(wrong).toEqual([]);
});

test('text without what XML forbids stays as it is; the rest goes, and nothing else', () => {
  const isAllowed = (code: number) =>
    [9, 10, 13].includes(code) ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    code >= 0x10000;
  const chars = [
    'a',
    '\0',
    '\t',
    '\v',
    '\x1f',
    '\ud800',
    '\udc00',
    '\ufffe',
    '\uffff',
    '😀',
    '\u{10ffff}',
    'é',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...chars)), (some) => {
      const text = some.join('');
      expect(dropForbidden(text)).toBe(
        Array.from(text)
          .filter((char) => isAllowed(char.codePointAt(0)!))
          .join(''),
      );
    }),
  );
});
