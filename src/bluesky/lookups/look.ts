/** The processors' port `Lookups`: asks Bluesky for one batch, keeps what it answers, and tells the readers. */
import { type LookupOutcome, type Lookups, NotYet } from '../../../processors/index.ts';
import type { OwnPost as Asked, Lookup, SoughtPost } from '../../../queues/index.ts';
import type { Bluesky } from '../bluesky.ts';
import type { Outcome } from '../http/calls.ts';
import { type Entries, isServerDue, type View } from '../known/entries.ts';
import { authorOf } from '../known/names.ts';
import { findRecordKey } from '../record-key.ts';
import type { PostView, Profile } from '../wire.ts';
import { viewOf } from './foreign-posts.ts';
import { type Answered, inHalves } from './in-halves.ts';
import { type KeepDeps, keep, type Result } from './keep.ts';
import { ownNames, seen, unseen, uriOfOwn, whyWithdrawn } from './own-posts.ts';

export interface LooksDeps extends KeepDeps {
  bluesky: Bluesky;
  onTrouble(where: string, error: Error): void;
}

/** Record keys looked for at once in a job, and jobs that do so at once: they take long, and names must not wait for them. */
const KEYS_AT_ONCE = 8;
const KEY_JOBS = 2;
const KEYS_WITHIN_MS = 12_000;
/** So long a job for keys waits for others: soon after, its names may be asked for anew. */
const TURN_WITHIN_MS = 40_000;

export function createLooks({ bluesky, known, asked, tell, onTrouble }: LooksDeps): Lookups {
  async function authors(dids: readonly string[]): Promise<Result> {
    const names = dids.map((did) => `author:${did}` as const);
    const { nowMs, entries: before } = await known.read(names);
    const answer = await inHalves(dids, bluesky.profiles, ({ did }: Profile) => did);
    const entries: Entries = new Map();
    for (const profile of answer.found) entries.set(`author:${profile.did}`, authorOf(profile, nowMs));
    // What was known stays, the name included.
    for (const did of answer.absent)
      entries.set(`author:${did}`, { ...before.get(`author:${did}`), at: nowMs, isAbsent: true });
    return { entries, outcomes: outcomesOf(answer, 'author', ({ did }) => did) };
  }

  async function posts(uris: readonly string[]): Promise<Result> {
    const { nowMs, entries: before } = await known.read(uris.map((uri) => `post:${uri}` as const));
    const answer = await inHalves(uris, bluesky.posts, ({ uri }: PostView) => uri);
    const entries: Entries = new Map();
    for (const view of answer.found) {
      entries.set(`post:${view.uri}`, viewOf(view, nowMs));
      entries.set(`author:${view.author.did}`, authorOf(view.author, nowMs));
    }
    for (const uri of answer.absent) {
      const old = before.get(`post:${uri}`);
      const state: View['state'] = old === undefined || old.state === 'not_found' ? 'not_found' : 'withdrawn';
      entries.set(`post:${uri}`, { ...old, at: nowMs, state });
    }
    return { entries, outcomes: outcomesOf(answer, 'post', ({ uri }) => uri) };
  }

  async function serverOf(did: string): Promise<Outcome<string | undefined>> {
    const name = `server:${did}` as const;
    const { nowMs, entries } = await known.read([name]);
    const old = entries.get(name);
    if (old && !isServerDue(old, nowMs)) return { ok: old.url };
    const found = await bluesky.serverOf(did);
    if ('failed' in found) return old?.url === undefined ? found : { ok: old.url };
    const url = 'ok' in found ? found.ok : undefined;
    await known.write(new Map([[name, { at: nowMs, url }]]) as Entries);
    return { ok: url };
  }

  let keyJobs = 0;
  async function keysInTurn(sought: readonly SoughtPost[], askedMs: number): Promise<Result> {
    if (keyJobs >= KEY_JOBS) {
      const { nowMs } = await known.read([]);
      if (nowMs - askedMs > TURN_WITHIN_MS) return notNow(sought);
      throw new NotYet('other record keys are being looked for');
    }
    keyJobs += 1;
    try {
      return await keys(sought);
    } finally {
      keyJobs -= 1;
    }
  }

  async function keys(sought: readonly SoughtPost[]): Promise<Result> {
    const { nowMs, entries: before } = await known.read(ownNames(sought));
    const result: Result = { entries: new Map(), outcomes: [] };
    const found: Asked[] = [];
    const queue = [...sought];
    const startedAt = performance.now();
    const lookOnAndOn = async () => {
      for (let post = queue.shift(); post; post = queue.shift()) {
        const { identity, did } = post;
        const isLate = performance.now() - startedAt > KEYS_WITHIN_MS;
        const key = isLate ? 'failed' : await findRecordKey(bluesky, post, await serverOf(did));
        const isFound = typeof key === 'object';
        if (key === 'unknown') result.entries.set(`key:${identity}`, { at: nowMs });
        if (isFound) {
          found.push({ identity, did, rkey: key.rkey });
          const own = before.get(`own:${identity}`);
          result.entries.set(`own:${identity}`, {
            ...own,
            at: 0,
            rkey: key.rkey,
            ...(key.isIndexed && { wasSeen: true }),
          });
        }
        result.outcomes.push([`key:${identity}`, isFound ? 'found' : key === 'failed' ? 'failed' : 'absent']);
      }
    };
    await Promise.all(Array.from({ length: KEYS_AT_ONCE }, lookOnAndOn));
    // Its page is linked only after it was seen there: a post that was never seen could not be found to be gone later.
    const checked = await checks(found, result.entries);
    for (const [name, entry] of checked.entries) result.entries.set(name, entry);
    return result;
  }

  /** `found`: what became known of them just now. */
  async function checks(own: readonly Asked[], found: Entries = new Map()): Promise<Result> {
    if (own.length === 0) return { entries: new Map(), outcomes: [] };
    const { nowMs, entries: stored } = await known.read(ownNames(own));
    const before = new Map([...stored, ...found]) as Entries;
    const byUri = new Map(own.map((post) => [uriOfOwn(post), post]));
    const answer = await inHalves([...byUri.keys()], bluesky.posts, ({ uri }: PostView) => uri);
    const entries: Entries = new Map();
    for (const view of answer.found) {
      const post = byUri.get(view.uri)!;
      entries.set(`own:${post.identity}`, seen(post, view, before.get(`own:${post.identity}`), nowMs));
      if (view.author.did === post.did) entries.set(`author:${post.did}`, authorOf(view.author, nowMs));
    }
    const why = (did: string, rkey: string) => whyWithdrawn(bluesky, serverOf, did, rkey);
    for (const uri of answer.absent) {
      const post = byUri.get(uri)!;
      entries.set(`own:${post.identity}`, await unseen(post, before.get(`own:${post.identity}`), nowMs, why));
    }
    const outcomes = outcomesOf(answer, 'own', ({ uri }) => uri).map(
      ([name, outcome]): Result['outcomes'][number] => [
        `own:${byUri.get(name.slice('own:'.length))!.identity}`,
        outcome,
      ],
    );
    return { entries, outcomes };
  }

  function run(lookup: Lookup): Promise<Result> {
    switch (lookup.kind) {
      case 'authors':
        return authors(lookup.dids);
      case 'posts':
        return posts(lookup.uris);
      case 'keys':
        return keysInTurn(lookup.posts, lookup.askedMs);
      case 'checks':
        return checks(lookup.posts);
    }
  }

  return {
    async look(lookup) {
      try {
        const result = await run(lookup);
        await keep({ known, asked, tell }, result);
        return result.outcomes.map(([, outcome]) => outcome);
      } catch (error) {
        if (error instanceof NotYet) throw error;
        onTrouble('lookups', error as Error);
        return ['failed'];
      }
    },
  };
}

const notNow = (sought: readonly SoughtPost[]): Result => ({
  entries: new Map(),
  outcomes: sought.map(({ identity }) => [`key:${identity}`, 'failed']),
});

function outcomesOf<Value>(
  { found, absent, failed }: Answered<Value>,
  kind: 'author' | 'post' | 'own',
  nameOf: (value: Value) => string,
): Result['outcomes'] {
  const each = (names: readonly string[], outcome: LookupOutcome) =>
    names.map((name): Result['outcomes'][number] => [`${kind}:${name}`, outcome]);
  return [...each(found.map(nameOf), 'found'), ...each(absent, 'absent'), ...each(failed, 'failed')];
}
