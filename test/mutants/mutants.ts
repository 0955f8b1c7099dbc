/** The product broken on purpose: each breaks a promise, and names the test that must notice. */

export interface Edit {
  file: string;
  /** Stands in the file exactly once; a mutant that no longer fits is an error, not a pass. */
  find: string;
  replace: string;
}

export interface Mutant {
  name: string;
  /** What its users would see. */
  harm: string;
  edits: Edit[];
  caughtBy: { file: string; test: string };
}

const edit = (file: string, find: string, replace: string): Edit => ({ file, find, replace });
const rights = 'test/faults/rights.process.test.ts';

export const mutants: Mutant[] = [
  {
    name: 'ack before add',
    harm: 'what the pump had read and not yet added is lost when it dies',
    edits: [
      edit(
        'src/pump/pump.ts',
        'adding = batches.length;',
        'await source.ack(entries.map((entry) => entry.id));\n    adding = batches.length;',
      ),
    ],
    caughtBy: { file: rights, test: 'the right to add jobs withdrawn, and the pump killed' },
  },
  {
    name: 'no reclaim of what is pending for oneself',
    harm: 'entries whose reply was lost wait until the pump is restarted',
    edits: [edit('src/pump/pump.ts', '    await forwardPending(() => signal.aborted);\n    for', '    for')],
    caughtBy: {
      file: 'test/faults/network.process.test.ts',
      test: 'replies lost, then the connections broken',
    },
  },
  {
    name: 'consumer deleted with entries pending',
    harm: 'what a pump left pending is dropped when its consumer is tidied away',
    edits: [edit('src/stream/leave.lua', '> 0 then return 0 end', '> 1e9 then return 0 end')],
    caughtBy: {
      file: 'test/stream/leave.redis.test.ts',
      test: 'a consumer for which something is pending stays',
    },
  },
  {
    name: 'group made at $',
    harm: 'what was appended before the first start is passed over',
    edits: [
      edit(
        'src/stream/source.ts',
        "stream, group, from, 'MKSTREAM'",
        "stream, group, from && '$', 'MKSTREAM'",
      ),
    ],
    caughtBy: {
      file: 'test/pump/pump.redis.test.ts',
      test: 'what was appended before the pump first started is read',
    },
  },
  {
    name: 'identity by uri alone',
    harm: 'all posts of an author but the first are taken for duplicates: uris come without record key',
    edits: [
      edit(
        'queues/match.ts',
        'identity: postIdentity(post), formerIdentity',
        'identity: digest(post.uri), formerIdentity',
      ),
    ],
    caughtBy: {
      file: 'test/main-job.redis.test.ts',
      test: 'every inbox holds exactly its posts, each once',
    },
  },
  {
    name: 'verdict swallowed',
    harm: 'a match that cannot be delivered vanishes instead of being parked',
    edits: [edit('processors/deliver-batch.ts', 'if (refused.length)', 'if (refused.length < 0)')],
    caughtBy: { file: 'test/tools/audit.redis.test.ts', test: 'a bad entry is parked' },
  },
  {
    name: 'trimming past another group',
    harm: 'another reader of the stream misses what it has not read yet',
    edits: [edit('src/stream/trim.lua', 'if isBefore(keep, floor) then floor = keep end', '')],
    caughtBy: {
      file: 'test/pump/trimmer.redis.test.ts',
      test: 'nothing goes that another group has not read',
    },
  },
  {
    name: 'failed jobs removed',
    harm: 'parked matches are gone',
    edits: [edit('src/lanes/job-queue.ts', 'removeOnFail: false', 'removeOnFail: true')],
    caughtBy: { file: 'test/tools/audit.redis.test.ts', test: 'a bad entry is parked' },
  },
  {
    name: 'a large batch removed before its job is done',
    harm: 'a batch whose worker dies then has lost its entries, and fails',
    edits: [
      edit(
        'src/workers/workers.ts',
        "    crashPoint('worker.before-complete');",
        "    queue.done(job);\n    crashPoint('worker.before-complete');",
      ),
    ],
    caughtBy: {
      file: 'test/faults/crash-points.process.test.ts',
      test: 'worker dies before a large batch is completed',
    },
  },
  {
    name: 'a job taken for added though its batch was swept meanwhile',
    harm: 'a pump that stood still acknowledges entries that no job has',
    edits: [edit('src/lanes/lane.ts', ' && !missing.has(id)', ' && !missing.has(id.slice(1))')],
    caughtBy: {
      file: 'test/lanes/payloads.redis.test.ts',
      test: 'a pump that stood still between the two, until its payload was swept, does not take the job for added',
    },
  },
  {
    name: 'default maxStalledCount',
    harm: 'a batch whose worker died twice is failed for good, and its matches need an operator',
    edits: [edit('src/workers/workers.ts', 'maxStalledCount: NEVER,', 'maxStalledCount: NEVER && 1,')],
    caughtBy: {
      file: 'test/faults/crash-points.process.test.ts',
      test: 'the same batch loses its worker twice',
    },
  },
  {
    name: 'lock loss with a write that is not idempotent',
    harm: 'a worker that stood still writes its batch a second time',
    edits: [
      edit(
        'src/inbox/write/write.lua',
        "local ids = call('HMGET', seen, unpack(ARGV, from, from + count - 1))",
        'local ids = {}',
      ),
    ],
    caughtBy: {
      file: 'test/faults/kills.process.test.ts',
      test: 'worker stopped longer than its lock, then continued',
    },
  },
  {
    name: 'an outage taken for a bad match',
    harm: 'while Redis is unavailable, whole batches are parked as suspects and need an operator',
    edits: [
      edit(
        'processors/deliver-batch.ts',
        'if (run.signal.aborted || ports.isOutage(error)) throw',
        'if (run.signal.aborted) throw',
      ),
    ],
    caughtBy: { file: 'test/processors/deliver-batch.test.ts', test: 'and nothing is parked because of it' },
  },
  {
    name: 'bounds that forget a star',
    harm: 'starred items go with the limits',
    edits: [
      edit(
        'src/inbox/write/bound.lua',
        "if stars == 0 or not redis.call('ZSCORE', starred, last) then",
        'if true then',
      ),
    ],
    caughtBy: { file: 'test/inbox/bounds.redis.test.ts', test: 'starred items stay whatever the limits say' },
  },
  {
    name: 'a cursor that does not look for its own absence',
    harm: "a queues' Redis that forgot everything is taken for a first start, and nothing is read again",
    edits: [
      edit(
        'src/pump/cursor.ts',
        'if (safe === FIRST_ID) return undefined;',
        "if (safe !== '') return undefined;",
      ),
    ],
    caughtBy: {
      file: 'test/pump/forgotten.redis.test.ts',
      test: 'two servers, the one of queues and inboxes emptied while the pump is away: all is read again',
    },
  },
  {
    name: 'a lane left out',
    harm: 'the matches of a partition wait in its queue for ever',
    edits: [
      edit(
        'src/lanes/queues.ts',
        'JobQueue[] = [...lanes, ...opened]',
        'JobQueue[] = [...lanes.slice(1), ...opened]',
      ),
    ],
    caughtBy: {
      file: 'test/lanes/lanes.redis.test.ts',
      test: 'each partition has a queue and books of its own, and one worker works on all',
    },
  },
  {
    name: 'a lease without a fence',
    harm: 'a process that was suspended during a retry of a group writes over what another one has ended since',
    edits: [edit('src/parked/retry/save-run.lua', '~= ARGV[1] then', "== '' then")],
    caughtBy: {
      file: 'test/parked/retry/driver.redis.test.ts',
      test: 'a driver that lost its lease before it sent anything sends nothing, and the run stays stopped',
    },
  },
];
