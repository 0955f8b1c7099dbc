/** What is known of a post, for display. */
import type { Author, Entries, Name, QuoteState, View, Why } from '../known/entries.ts';
import { authorOfUri } from '../record-key.ts';
import type { Label } from '../wire.ts';
import { type Needs, namesOf } from './needs.ts';
import { keyKnown } from './wanted.ts';

export interface KnownAuthor {
  did: string;
  handle: string | null;
  name: string | null;
  /** Address at Bluesky's CDN. */
  avatar: string | null;
}

export interface KnownReference {
  uri: string;
  author: KnownAuthor;
  state: View['state'] | QuoteState;
  /** Text and embed; only where the state is `ok`. */
  record: NonNullable<View['record']> | undefined;
  labels: Label[];
}

export interface KnownPost {
  /** undefined: never looked up. */
  author?: KnownAuthor | undefined;
  /** Of the account, and of the post as Bluesky shows it. */
  labels: Label[];
  /** undefined: the post's own page is not known. */
  rkey: string | undefined;
  withdrawn?: { at: number; why: Why } | undefined;
  quote?: KnownReference | undefined;
  parent?: KnownReference | undefined;
  /** When the newest part became known, ms by Redis' clock. */
  since: number;
  /** That was just now. */
  isNew: boolean;
}

const NEW_MS = 60_000;

export function shownPost(needs: Needs, entries: Entries, nowMs: number): KnownPost {
  const { did, identity, quote, parent } = needs;
  const author = entries.get(`author:${did}`);
  const own = entries.get(`own:${identity}`);
  const since = Math.max(0, ...namesOf(needs).map((name: Name) => entries.get(name)?.since ?? 0));
  return {
    author: author && authorShown(did, author),
    labels: distinct([...(author?.labels ?? []), ...(own?.labels ?? [])]),
    rkey: keyKnown(needs, entries),
    withdrawn: own?.gone,
    quote: quote === undefined ? undefined : reference(quote, entries, own?.quote),
    parent: parent === undefined ? undefined : reference(parent, entries, undefined),
    since,
    isNew: nowMs - since < NEW_MS,
  };
}

const authorShown = (did: string, author: Author | undefined): KnownAuthor => ({
  did,
  handle: author?.handle ?? null,
  name: author?.name ?? null,
  avatar: author?.avatar ?? null,
});

function reference(
  uri: string,
  entries: Entries,
  hidden: QuoteState | undefined,
): KnownReference | undefined {
  const view = entries.get(`post:${uri}`);
  if (!view && !hidden) return undefined;
  const did = authorOfUri(uri)!;
  const author = entries.get(`author:${did}`);
  const state = hidden ?? view!.state;
  return {
    uri,
    author: authorShown(did, author),
    state,
    record: state === 'ok' ? view?.record : undefined,
    labels: distinct([...(author?.labels ?? []), ...(view?.labels ?? [])]),
  };
}

const distinct = (labels: readonly Label[]): Label[] => [
  ...new Map(labels.map(({ val, src }) => [`${val} ${src}`, { val, src }])).values(),
];
