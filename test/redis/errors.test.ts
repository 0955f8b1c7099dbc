import { ReplyError } from 'ioredis';
import { expect, test } from 'vitest';
import { isOutage } from '../../src/redis/errors.ts';

test.each([
  new Error('Connection is closed.'),
  new Error('Command timed out'),
  new Error('Too many Cluster redirections. Last error: ReplyError: MOVED 13588 127.0.0.1:38481'),
  new Error('Failed to refresh slots cache.'),
  Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' }),
  new ReplyError('OOM command not allowed when used memory > maxmemory'),
  new ReplyError('READONLY You cannot write against a read only replica.'),
  new ReplyError('CLUSTERDOWN The cluster is down'),
  new ReplyError(
    "ERR The user executing the script can't access at least one of the keys mentioned in the command arguments script: 6dee, on @user_script:1.",
  ),
  new ReplyError(
    'ERR ACL failure in script: No permissions to access a key script: 6dee, on @user_script:1.',
  ),
  new ReplyError('ERR ACL failure in script: No permissions to access a key script: on @user_script:1.'),
])('%s: the same will do later', (error) => {
  expect(isOutage(error)).toBe(true);
});

test.each([
  new TypeError('x is not a function'),
  new ReplyError('WRONGTYPE Operation against a key holding the wrong kind of value'),
  new ReplyError('ERR user_script:12: attempt to index a nil value'),
  'a text',
])('%s: it would come again', (error) => {
  expect(isOutage(error)).toBe(false);
});
