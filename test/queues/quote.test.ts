import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { quote } from '../../queues/index.ts';

test('what is invisible or turns the direction of a text is spelled out, the rest stays', () => {
  expect(quote('"\n\u001b[2J\u0085\u202e\u{e0041}\ud800 ü👩🚀')).toBe(
    String.raw`"\"\n\u001b[2J\u0085\u202e\udb40\udc41\ud800 ü👩🚀"`,
  );
  expect(quote(['a\u202eb', 1])).toBe(String.raw`["a\u202eb",1]`);
});

test('a long text is cut', () => {
  expect(quote('x'.repeat(121))).toBe(`"${'x'.repeat(120)}…"`);
  expect(quote('12345', 3)).toBe('"123…"');
  expect(quote('123', 3)).toBe('"123"');
});

// Making the texts takes seconds.
test('whatever comes in, JSON of it comes out, in one line', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
      expect(JSON.parse(quote(text))).toBe(text);
      expect(quote(text)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u);
    }),
  );
});
