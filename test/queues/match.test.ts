import { describe, expect, test } from 'vitest';
import { canaryMatch } from '../../queues/canary.ts';
import { type Match, parseMatch } from '../../queues/match.ts';
import { makeMatch, type Overrides, wire } from '../fixtures/posts.ts';

function matchOf(json: string): Match {
  const parsed = parseMatch(json);
  if ('malformed' in parsed) throw new Error(`malformed: ${parsed.malformed}`);
  return parsed.match;
}

function malformed(json: string): string {
  const parsed = parseMatch(json);
  if ('match' in parsed) throw new Error('a match, against expectation');
  return parsed.malformed;
}

/** Match number 0 with raw JSON in the place of one of its fields. */
const withRecord = (record: string): string =>
  `{"subscription_id":"s","match_score":0.5,"post":{"uri":"at://a/b/c","text":"t","author":"a","indexed_at":"2024-01-10T12:00:00Z","raw_record":${record}}}`;
const withScore = (score: string): string => withRecord('{}').replace('0.5', score);

describe('a match as Skywire sends it', () => {
  test('is read: subscription, score, and the post byte for byte', () => {
    const sent = makeMatch('9f6c', 3);
    const match = matchOf(wire(sent));
    expect(match.subscriptionId).toBe('9f6c');
    expect(match.scoreJson).toBe(JSON.stringify(sent.match_score));
    expect(match.postJson).toBe(JSON.stringify(sent.post));
    expect(match.identity).toMatch(/^[\w-]{22}$/);
  });

  test('may carry fields that nobody knows: those of the post stay in it, the others are ignored', () => {
    const sent = makeMatch('s', 1);
    const post = { ...sent.post, lang_score: 1 };
    const match = matchOf(JSON.stringify({ v: 2, ...sent, post, later: { post: 'no' } }));
    expect(match.postJson).toBe(JSON.stringify(post));
  });

  test('may be written with spaces and line breaks anywhere', () => {
    const sent = makeMatch('s', 3);
    const match = matchOf(`\n ${JSON.stringify(sent, null, '\t')}\r\n`);
    expect(match.postJson).toBe(JSON.stringify(sent.post, null, '\t').replaceAll('\n', '\n\t'));
    expect(match.identity).toBe(matchOf(wire(sent)).identity);
  });

  test.each([
    ['0.89', '0.89'],
    ['null', 'null'],
    ['-12.5', '-12.5'],
    ['0', '0'],
    ['1e3', '1000'],
  ])('has any finite score, or null: %s', (sent, scoreJson) => {
    expect(matchOf(withScore(sent)).scoreJson).toBe(scoreJson);
  });

  test('without a score is a match with score null', () => {
    expect(matchOf(withRecord('{}').replace('"match_score":0.5,', '')).scoreJson).toBe('null');
  });

  test('may have a subscription_id of one megabyte, or of any characters: routing refuses it, not parsing', () => {
    for (const id of [
      'x'.repeat(1 << 20),
      '{}*\n:',
      'skywire-inbox:{matches}:wait',
      '\u0000\u001b[2J',
      '\ud800',
    ])
      expect(matchOf(wire(makeMatch(id, 0))).subscriptionId).toBe(id);
  });
});

describe('the text of a post stays as it was sent', () => {
  test.each([
    ['an integer that no double holds', '{"n":9007199254740993}'],
    ['a number out of range', '{"n":1e400}'],
    ['minus zero', '{"n":-0,"m":-0.0}'],
    ['digits that a double would shorten', '{"n":1.10000000000000000001}'],
    ['a key that stands twice', '{"a":1,"a":2}'],
    ['a key named __proto__', '{"__proto__":{"polluted":true},"constructor":{"prototype":1}}'],
    ['lone surrogates, escaped', '{"t":"\\ud800 \\udc00\\ud83d"}'],
    ['NUL and ESC, escaped', '{"t":"\\u0000\\u001b[31m"}'],
    ['bidi overrides and separators, raw', '{"t":"\u202eevil\u2066\u2028\u2029\u0085"}'],
    ['markup', '{"t":"]]><script>alert(1)</script>","u":"javascript:alert(1)"}'],
    ['braces, brackets and quotes within strings', '{"t":"}]\\"{[,\\\\","u":"\\\\\\""}'],
    ['an impossible date', '{"createdAt":"2024-02-31T25:61:00Z"}'],
    ['empty arrays and objects', '{"facets":[],"embed":{},"deep":[[],[{}]]}'],
    ['a megabyte', `{"t":"${'x'.repeat(1 << 20)}"}`],
    ['199 levels', `{"d":${'['.repeat(197)}${']'.repeat(197)}}`],
  ])('%s', (_, record) => {
    const json = withRecord(record);
    const { postJson } = matchOf(json);
    expect(json).toContain(`"post":${postJson}}`);
    expect(postJson).toContain(`"raw_record":${record}}`);
  });

  test('a key __proto__ changes no prototype', () => {
    matchOf(withRecord('{"__proto__":{"polluted":true}}'));
    expect({}).not.toHaveProperty('polluted');
  });

  test('of two posts in one match the last counts, for the text as for the identity', () => {
    const [first, last] = [makeMatch('s', 1).post, makeMatch('s', 2).post];
    const match = matchOf(
      `{"subscription_id":"s","post":${JSON.stringify(first)},"post":${JSON.stringify(last)}}`,
    );
    expect(match.postJson).toBe(JSON.stringify(last));
    expect(match.identity).toBe(matchOf(wire(makeMatch('s', 2))).identity);
  });

  test('a key spelt with escapes is the same key', () => {
    const { post } = makeMatch('s', 1);
    expect(matchOf(`{"subscription_id":"s","p\\u006fst":${JSON.stringify(post)}}`).postJson).toBe(
      JSON.stringify(post),
    );
  });

  test('a post inside another field is not the post', () => {
    const { post } = makeMatch('s', 1);
    const decoy = JSON.stringify({ post: makeMatch('s', 2).post });
    const match = matchOf(`{"a":${decoy},"subscription_id":"\\"post\\":1","post":${JSON.stringify(post)}}`);
    expect(match.postJson).toBe(JSON.stringify(post));
  });
});

describe('what is no match is malformed, and says where', () => {
  test.each([
    ['nothing', '', 'not JSON'],
    ['words', 'hello', 'not JSON'],
    ['half of a match', wire(makeMatch('s', 0)).slice(0, 40), 'not JSON (position 40)'],
    ['a byte order mark', `\ufeff${wire(makeMatch('s', 0))}`, 'not JSON'],
    ['two matches', wire(makeMatch('s', 0)).repeat(2), 'not JSON (position '],
    ['an unquoted key', "{'a':1}", 'not JSON (position 1)'],
    ['a raw control character', '{"a":"\u001b"}', 'not JSON (position 6)'],
    ['a scalar', '7', 'expected object, received number'],
    ['a string', '"match"', 'expected object, received string'],
    ['null', 'null', 'expected object, received null'],
    ['an array', '[{}]', 'expected object, received array'],
    ['an object without anything', '{}', 'subscription_id: '],
    ['an empty subscription_id', wire(makeMatch('', 0)), 'subscription_id: must not be empty'],
    ['a subscription_id that is a number', withRecord('{}').replace('"s"', '7'), 'subscription_id: '],
    ['a score in quotes', withScore('"0.89"'), 'match_score: '],
    ['a score out of range', withScore('1e400'), 'match_score: '],
    ['a score in a list', withScore('[1]'), 'match_score: '],
    ['no post', '{"subscription_id":"s"}', 'post: '],
    ['a post that is a list', '{"subscription_id":"s","post":[]}', 'post: '],
    [
      'a post hidden under __proto__',
      `{"subscription_id":"s","__proto__":{"post":${withRecord('{}')}}}`,
      'post: ',
    ],
    ['a record that is a list', withRecord('[]'), 'post.raw_record: expected an object'],
    ['a record that is null', withRecord('null'), 'post.raw_record: expected an object'],
    ['a record that is text', withRecord('"{}"'), 'post.raw_record: expected an object'],
    ['a text that is null', withRecord('{}').replace('"t"', 'null'), 'post.text: '],
    [
      'a record 100,000 deep',
      withRecord(`{"d":${'['.repeat(1e5)}${']'.repeat(1e5)}}`),
      'nested deeper than 200',
    ],
    [
      'objects 100,000 deep',
      withRecord(`${'{"a":'.repeat(1e5)}1${'}'.repeat(1e5)}`),
      'nested deeper than 200',
    ],
    ['100,000 brackets', '['.repeat(1e5) + ']'.repeat(1e5), 'expected object, received array'],
    [
      'depth beside the post',
      withRecord('{}').replace('{', `{"x":${'['.repeat(300)}${']'.repeat(300)},`),
      'nested deeper',
    ],
  ])('%s', (_, json, detail) => {
    expect(malformed(json)).toContain(detail);
  });

  test('every problem is named at once', () => {
    const detail = malformed('{"subscription_id":"","match_score":"x","post":{"uri":1}}');
    for (const field of [
      'subscription_id',
      'match_score',
      'post.uri',
      'post.text',
      'post.author',
      'post.indexed_at',
    ])
      expect(detail).toContain(`${field}: `);
  });

  test('nothing of the input stands in the detail', () => {
    const marks = ['<script>', '\u001b[31m', '\u202e', 'hunter2', '4242'];
    const inputs = marks.flatMap((mark) => [
      mark,
      `position ${mark}`,
      `"x" ${mark}`,
      `{"${mark}":${mark}}`,
      `{"subscription_id":${JSON.stringify([mark])},"post":{"uri":[${JSON.stringify(mark)}]},${JSON.stringify(mark)}:1}`,
      withRecord(JSON.stringify([mark])),
      withScore(JSON.stringify(mark)),
    ]);
    const details = inputs.map(malformed);
    for (const mark of marks) expect(details.filter((detail) => detail.includes(mark))).toEqual([]);
  });
});

const identity = (n: number, overrides: Overrides = {}) =>
  matchOf(wire(makeMatch('s', n, overrides))).identity;
const reversed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, member]) => [key, reversed(member)]),
  );
};

describe('the identity of a post', () => {
  const emptyRkey = true;

  test.each([true, false])('does not depend on the order of keys (empty last segment: %s)', (emptyRkey) => {
    for (const n of [0, 1, 3, 4]) {
      const shuffled = JSON.stringify(reversed(makeMatch('s', n, { emptyRkey })));
      expect(matchOf(shuffled).identity).toBe(identity(n, { emptyRkey }));
    }
  });

  test.each([true, false])('does not depend on when it was indexed (empty last segment: %s)', (emptyRkey) => {
    const later = { emptyRkey, post: { indexed_at: '2031-12-31T23:59:59Z' } };
    expect(identity(1, later)).toBe(identity(1, { emptyRkey }));
  });

  test('does not depend on the subscription or the score', () => {
    expect(matchOf(wire(makeMatch('other', 1, { match_score: -3 }))).identity).toBe(identity(1));
  });

  test('is author and record, whatever the uri says', () => {
    const uri = 'at://did:plc:somebody/app.bsky.feed.post/3kabc';
    expect(identity(1, { post: { uri } })).toBe(identity(1));
    expect(identity(1, { emptyRkey })).toBe(identity(1));
    const { author } = makeMatch('s', 2).post;
    expect(identity(1, { post: { uri, author } })).not.toBe(identity(1, { post: { uri } }));
    expect(identity(1, { post: { uri } })).not.toBe(identity(2, { post: { uri } }));
  });

  test.each([
    'at://did:plc:a/app.bsky.feed.post/',
    'at://did:plc:a/app.bsky.feed.post',
    'at://did:plc:a',
    '',
  ])('is author and record where the uri names no record: %j', (uri) => {
    const [{ author, raw_record }, other] = [makeMatch('s', 1).post, makeMatch('s', 2).post];
    expect(identity(1, { post: { uri } })).not.toBe(identity(2, { post: { uri, author } }));
    expect(identity(1, { post: { uri } })).not.toBe(identity(1, { post: { uri, author: other.author } }));
    expect(identity(1, { post: { uri, text: 'other' } })).toBe(
      identity(2, { post: { uri, author, raw_record } }),
    );
  });

  test('differs wherever a record differs, be it in type, nesting or order of a list', () => {
    const records = [
      '{}',
      '{"a":1}',
      '{"a":"1"}',
      '{"a":true}',
      '{"a":null}',
      '{"a":[]}',
      '{"a":{}}',
      '{"a":[1]}',
      '{"a":[1,2]}',
      '{"a":[2,1]}',
      '{"a":[[1],2]}',
      '{"a":{"b":1}}',
      '{"a":1,"b":1}',
      '{"a:1,b":1}',
      '{"__proto__":1}',
      '{"a":"\\ud800"}',
      '{"a":"\\ud801"}',
    ];
    const identities = records.map(
      (record) => matchOf(withRecord(record).replace('at://a/b/c', 'at://a/b/')).identity,
    );
    expect(new Set(identities).size).toBe(records.length);
  });

  test('of our own test matches is the uri: nothing else tells them apart', () => {
    const canary = (stream: string, ms: number) => matchOf(canaryMatch(stream, ms)).identity;
    expect(new Set([canary('s', 1), canary('s', 2), canary('t', 1), canary('s', 1)]).size).toBe(3);
  });

  test('was the uri in version 0.1.0 where that named a record, UTF-8 or not', () => {
    const former = (uri: string) => matchOf(wire(makeMatch('s', 1, { post: { uri } }))).formerIdentity;
    const uris = ['at://a/b/c', 'at://a/b/\ud800', 'at://a/b/\ud801', 'at://a/b/\ufffd'];
    expect(new Set(uris.map(former)).size).toBe(uris.length);
    expect(former('at://a/b/c')).toBe('5vtbl6iiXq-rbJy2xlOuiv');
    expect(['at://a/b/', 'at://a/b', 'at://a', ''].map(former)).toEqual(Array(4).fill(undefined));
  });
});
