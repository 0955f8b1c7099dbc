import { hash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cidOf } from '../../queues/index.ts';

const data = (name: string): URL => new URL(`../../../shared/data/${name}`, import.meta.url);
const lines = (name: string) =>
  readFileSync(data(name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
const here = existsSync(data('jetstream-records.jsonl'));

test.runIf(here)('146 records of the network get the CIDs that the network gave them', () => {
  const events = lines('jetstream-records.jsonl');
  expect(events.length).toBe(146);
  const wrong = events.filter(({ commit }) => cidOf(commit.record) !== commit.cid);
  expect(wrong.map(({ commit }) => commit.cid)).toEqual([]);
});

test.runIf(here)('5,019 real posts all have a CID', () => {
  const posts = lines('posts.jsonl');
  expect(posts.filter(({ raw_record }) => cidOf(raw_record) === undefined)).toEqual([]);
  expect(posts.length).toBe(5_019);
});

if (!here) console.warn(`SKIPPED: the CIDs of the network. ${data('').pathname} is missing.`);

/** The CID of DAG-CBOR that was written by hand. */
function cidOfBytes(hex: string): string {
  const bytes = Buffer.from(`01711220${hash('sha256', Buffer.from(hex, 'hex'))}`, 'hex');
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const fives = bits.match(/.{1,5}/g)!.map((five) => Number.parseInt(five.padEnd(5, '0'), 2));
  return `b${fives.map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[five]).join('')}`;
}

const LINK = `bafkrei${'a'.repeat(52)}`;
const LINK_HEX = `01551220${'00'.repeat(32)}`;

test.each([
  ['nothing', {}, 'a0'],
  ['members by length, then by bytes', { bb: 1, c: 2, a: 3 }, 'a361610361630262626201'],
  [
    'the shortest numbers',
    { n: [0, 23, 24, 255, 256, 65_536, 4_294_967_296, -1, -25] },
    'a1616e890017181818ff1901001a000100001b0000000100000000203818',
  ],
  ['a member beyond ASCII, by its bytes', { é: 1, zz: 2, aaa: 3 }, 'a3627a7a0262c3a9016361616103'],
  ['true, false, null', { a: true, b: false, c: null }, 'a36161f56162f46163f6'],
  ['bytes, padded or not', { a: { $bytes: 'AQI=' } }, 'a16161420102'],
  ['bytes, padded or not', { a: { $bytes: 'AQI' } }, 'a16161420102'],
  ['a link', { a: { $link: LINK } }, `a16161d82a582500${LINK_HEX}`],
])('%s', (_, record, hex) => {
  expect(cidOf(record)).toBe(cidOfBytes(hex));
});

test('nothing has the CID that is known for it', () => {
  expect(cidOf({})).toBe('bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua');
});

const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);

test.each([
  ['a fraction', '{"n":1.5}'],
  ['an integer beyond the safe ones', '{"n":9007199254740993}'],
  ['-0', '{"n":-0}'],
  ['half a surrogate pair', '{"text":"\\ud800"}'],
  ['half a surrogate pair in a name', '{"\\ud800":1}'],
  ['__proto__', '{"__proto__":{"a":1}}'],
  ['constructor', '{"constructor":1}'],
  ['a link that is no CID', '{"a":{"$link":"bafkrei"}}'],
  ['a link that is a number', '{"a":{"$link":5}}'],
  ['a link and more', `{"a":{"$link":"${LINK}","b":1}}`],
  ['bytes that are no base64', '{"a":{"$bytes":"!"}}'],
  [
    'a blob with a member of its own',
    `{"a":{"$type":"blob","ref":{"$link":"${LINK}"},"mimeType":"x","size":1,"b":1}}`,
  ],
  ['a list', '[]'],
])('of %s no CID is told', (_, json) => {
  expect(cidOf(JSON.parse(json))).toBeUndefined();
});

test('of what is nested beyond all measure, and of what is no JSON, no CID is told', () => {
  expect(cidOf({ deep: deep(99) })).toBeDefined();
  expect(cidOf({ deep: deep(100) })).toBeUndefined();
  expect(cidOf({ deep: deep(2_000) })).toBeUndefined();
  expect(cidOf({ a: undefined })).toBeUndefined();
});
