/** Generated profiles, derived from the DID, the same in every run. */
import { makeCid } from '../identifiers.ts';
import type { Person } from '../people.ts';
import { createRandom, type Random } from '../random.ts';

export interface Profile extends Person {
  displayName?: string;
  description: string;
  /** CID of the picture. */
  avatar?: string;
  createdAt: string;
  /** Labels that the account gave itself, then those of Bluesky's labeler. */
  selfLabels: string[];
  labels: string[];
}

const SURNAMES =
  `Abe Almeida Berg Castillo Dogan Eriksen Falk Ganz Haddad Ito Jansen Kowalska Lindqvist Moreau Nakamura Okafor Petrov
  Quispe Rossi Sato Tamm Ueda Vargas Weiss Xu Yilmaz Zeman`.split(/\s+/);
const TRADES =
  `birdwatcher|baker on weekends|writes code, mostly deletes it|gardener in a flat without a garden|reads weather maps for fun
  |teaches maths|paints boats|radio amateur|archivist|collects bus tickets|makes small games|nurse, night shift`.split(
    /\s*\|/,
  );
const MARKS = ['🌱', '✨', '🐈‍⬛', '🏳️‍🌈', '☕️'];
const FIRST_ACCOUNT_MS = Date.parse('2023-04-24T00:00:00Z');
const DAYS = 500;

export function profileOf({ did, handle }: Person): Profile {
  const random = createRandom(seedOf(did), 5);
  const name = displayName(random, handle);
  return {
    did,
    handle: random.chance(0.01) ? 'handle.invalid' : handle,
    ...(random.chance(0.93) && { displayName: name }),
    description: random.pick(TRADES),
    ...(random.chance(0.94) && { avatar: makeCid(random, 'bafkrei') }),
    createdAt: new Date(FIRST_ACCOUNT_MS + random.below(DAYS * 86_400) * 1_000).toISOString(),
    selfLabels: random.chance(0.03) ? ['!no-unauthenticated'] : random.chance(0.02) ? ['bot'] : [],
    labels: random.chance(0.005) ? [random.pick(['porn', '!hide', '!warn'])] : [],
  };
}

function displayName(random: Random, handle: string): string {
  const first = /^[a-z]+/.exec(handle)?.[0] ?? 'someone';
  if (random.chance(0.25)) return first;
  const name = `${first[0]!.toUpperCase()}${first.slice(1)} ${random.pick(SURNAMES)}`;
  return random.chance(0.15) ? `${name} ${random.pick(MARKS)}` : name;
}

/** FNV-1a, 32 bits. */
export function seedOf(text: string): number {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  return sum >>> 0;
}
