import { expect, test } from 'vitest';
import { processors } from '../../processors/index.ts';
import { queueNames } from '../../queues/index.ts';

test('every queue has a processor, and every processor a queue', () => {
  expect(Object.keys(processors).sort()).toEqual([...queueNames].sort());
});
