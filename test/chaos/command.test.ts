import { expect, test } from 'vitest';
import { parseChaos } from './command.ts';

test.each([
  [[], { twoServers: false, relay: false, appendfsync: 'always' }],
  [['--two-servers'], { twoServers: true, relay: false, appendfsync: 'everysec' }],
  [['--relay'], { twoServers: true, relay: true, appendfsync: 'everysec' }],
  [['--two-servers', '--appendfsync', 'always'], { twoServers: true, appendfsync: 'always' }],
  [['--appendfsync=everysec'], { twoServers: false, appendfsync: 'everysec' }],
])('%j', (argv, options) => {
  expect(parseChaos(argv)).toMatchObject(options);
});
