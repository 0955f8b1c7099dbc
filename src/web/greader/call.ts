/** One request to the Google Reader API, after its credentials were checked. */
import type { Reading } from '../../bluesky/reading/reading.ts';
import type { InboxIds } from '../../inbox/ids/inbox-ids.ts';
import type { InboxReader } from '../../inbox/read/inbox-reader.ts';
import type { Served } from '../../inbox/served.ts';
import { decodeName } from '../../redis/keys.ts';
import type { Directory } from '../../subscriptions/directory.ts';
import { Problem } from '../http/problem.ts';
import type { Pictures } from '../post/pictures.ts';
import type { Answer } from './answer.ts';
import { streamIdOf } from './ids.ts';
import type { Params } from './params.ts';

export interface ReaderDeps {
  inboxes: InboxReader;
  inboxIds: InboxIds;
  served: Served;
  directory: Pick<Directory, 'registrationsOf' | 'titlesOf'>;
  pictures: Pictures;
  reading: Reading;
}

export interface Call {
  /** Encoded. */
  inbox: string;
  token: string;
  params: Params;
  /** The stream that the address names. */
  streamName: string | undefined;
  /** Where the client sees this server. */
  publicUrl: string;
  /** Aborted once nobody waits for the answer. */
  signal: AbortSignal;
}

export type Handler = (deps: ReaderDeps, call: Call) => Promise<Answer>;

const MAX_IDS = 20_000;

/** Ids of the inbox's stream, each once; what is no id of an item is left out. */
export function askedIds({ params }: Call): string[] {
  const given = params.all('i');
  if (given.length > MAX_IDS) throw new Problem(413, `More than ${MAX_IDS} items`);
  return [...new Set(given.flatMap((text) => streamIdOf(text) ?? []))];
}

/** Where people read this subscription; stable, and without the token. */
export const pageOf = ({ publicUrl, inbox }: Call, subscription: string): string => {
  const page = `${publicUrl}/reader/${encodeURIComponent(decodeName(inbox))}`;
  return `${page}?subscription=${encodeURIComponent(subscription.toWellFormed())}`;
};
