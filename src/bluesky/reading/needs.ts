/** What must be known to show a post as people know it: read out of its item, which itself is never changed. */
import { cidOf, parseJson, timeMsOf } from '../../../queues/index.ts';
import type { Name } from '../known/entries.ts';
import { authorOfUri, isDisproved, keyOf } from '../record-key.ts';

export interface ReadItem {
  id: string;
  identity: string;
  /** Empty if it is no longer kept. */
  postJson: string;
}

export interface Needs {
  id: string;
  identity: string;
  deliveredMs: number;
  /** The author. */
  did: string;
  /** The record key in its uri. */
  saidKey?: string | undefined;
  /** Of the record; undefined where it cannot be computed. */
  cid: string | undefined;
  createdMs: number;
  /** Uris of posts. */
  quote?: string | undefined;
  parent?: string | undefined;
}

/** As Bluesky takes it. */
export const validDid = /^did:[a-z]+:[A-Za-z0-9._:%-]{1,300}(?<![:%])$/;
const MAX_URI = 600;

/** undefined: nothing can be known of it. Never throws. */
export function needsOf({ id, identity, postJson }: ReadItem): Needs | undefined {
  if (postJson === '') return undefined;
  const { uri, author, cid, raw_record } = parsed(postJson);
  if (typeof author !== 'string' || !validDid.test(author)) return undefined;
  const record = typeof raw_record === 'object' && raw_record !== null ? raw_record : {};
  const { createdAt, embed, reply } = record as Record<string, any>; // oxlint-disable-line typescript/no-explicit-any
  return {
    id,
    identity,
    deliveredMs: timeMsOf(id),
    did: author,
    saidKey: typeof uri === 'string' && !isDisproved(cid, record) ? keyOf(uri, author) : undefined,
    cid: cidOf(record),
    createdMs: typeof createdAt === 'string' ? Date.parse(createdAt) : Number.NaN,
    quote: postUri(embed?.record?.record?.uri ?? embed?.record?.uri),
    parent: postUri(reply?.parent?.uri),
  };
}

function parsed(postJson: string): Record<string, unknown> {
  try {
    return (parseJson(postJson) ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}

const postUri = (uri: unknown): string | undefined =>
  typeof uri === 'string' && uri.length <= MAX_URI && validDid.test(authorOfUri(uri) ?? '') ? uri : undefined;

export function namesOf({ did, identity, quote, parent }: Needs): Name[] {
  const others = [quote, parent].filter((uri) => uri !== undefined);
  return [
    `author:${did}`,
    `own:${identity}`,
    `key:${identity}`,
    ...others.flatMap((uri): Name[] => [`post:${uri}`, `author:${authorOfUri(uri)!}`]),
  ];
}
