/** What a test or a demo can do to the simulated Bluesky, and what it sees of its calls. */
import { digestRkey, fromRkey, postUri, RKEY_RESTS, toRkey } from '../identifiers.ts';
import type { Post } from '../post.ts';
import type { AccountStatus } from './accounts.ts';
import type { Fault } from './faults.ts';
import type { Profile } from './profiles.ts';
import { type HeldRecord, splitUri } from './repositories.ts';
import type { Network } from './views.ts';

/** `getProfiles`, `getPosts`, `listRecords` … by its last part; `plc`; `picture`. */
export type CallName = string;

export interface BlueskyControls {
  /** Passes posts on, after adding each to its author's repository. */
  publish(posts: Iterable<Post> | AsyncIterable<Post>): AsyncGenerator<Post>;
  /** Adds a post with its record key; replaces one with the same uri, as an edit does. */
  add(post: Post): HeldRecord;
  /** Adds another record of the same author, createdAt and text; returns its uri. */
  addDecoy(post: Post): string;
  remove(uri: string): void;
  restore(uri: string): void;
  setAccount(did: string, status: AccountStatus): void;
  setProfile(did: string, changes: Partial<Profile>): void;
  /** `subject`: DID, or uri of a post. */
  setLabel(subject: string, val: string, remove?: boolean): void;
  /** How the quote in the post with this uri is refused. */
  refuseQuote(uri: string, how: 'blocked' | 'detached'): void;
  /** From now on; undefined: none any more. The name `*`: every call without its own fault. */
  setFault(name: CallName, fault: Fault | undefined): void;
  calls(name: CallName): number;
  allCalls(): Record<CallName, number>;
  /** Paths and queries of the last 1,000 calls, the oldest first. */
  requests(name: CallName): string[];
  /** The server's own. */
  noteCall(name: CallName, url: string): void;
  faultOf(name: CallName): Fault | undefined;
}

const REQUESTS = 1_000;

export function createControls({ accounts, repositories, refusedQuotes }: Network): BlueskyControls {
  const faults = new Map<string, Fault>();
  const counts = new Map<string, number>();
  const requests: { name: string; url: string }[] = [];
  return {
    publish: async function* (posts) {
      for await (const post of posts) {
        repositories.add(post);
        yield post;
      }
    },
    add: repositories.add,
    addDecoy: (post) => {
      const uri = decoyUri(post.uri);
      repositories.add({ ...post, uri, raw_record: { ...post.raw_record, via: 'decoy' } });
      return uri;
    },
    remove: repositories.remove,
    restore: repositories.restore,
    setAccount: accounts.setStatus,
    setProfile: accounts.setProfile,
    setLabel: accounts.setLabel,
    refuseQuote: (uri, how) => void refusedQuotes.set(uri, how),
    setFault: (name, fault) => void (fault ? faults.set(name, fault) : faults.delete(name)),
    calls: (name) => counts.get(name) ?? 0,
    allCalls: () => Object.fromEntries(counts),
    requests: (name) => requests.filter((request) => request.name === name).map(({ url }) => url),
    noteCall: (name, url) => {
      counts.set(name, (counts.get(name) ?? 0) + 1);
      requests.push({ name, url });
      if (requests.length > REQUESTS) requests.shift();
    },
    faultOf: (name) => faults.get(name) ?? faults.get('*'),
  };
}

function decoyUri(uri: string): string {
  const { did, rkey } = splitUri(uri);
  const key = fromRkey(rkey);
  return postUri(did, key ? toRkey(key.timeMs, (key.rest + 1) % RKEY_RESTS) : digestRkey(rkey));
}
