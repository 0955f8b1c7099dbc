/** The accounts of the simulated network, and which of them are gone. */
import type { Person } from '../people.ts';
import { type Profile, profileOf } from './profiles.ts';

export type AccountStatus = 'active' | 'deactivated' | 'takendown' | 'suspended' | 'deleted';

export interface Label {
  src: string;
  uri: string;
  val: string;
  cts: string;
}

export interface Accounts {
  /** undefined: no such account. */
  profile(did: string): Profile | undefined;
  /** DID of a DID or a handle. */
  didOf(actor: string): string | undefined;
  status(did: string): AccountStatus;
  setStatus(did: string, status: AccountStatus): void;
  /** Changes the profile. */
  setProfile(did: string, changes: Partial<Profile>): void;
  /** `subject`: DID or uri of a post. `remove`: takes it away again. */
  setLabel(subject: string, val: string, remove?: boolean): void;
  labelsOf(subject: string): Label[];
}

/** Bluesky's own. */
export const LABELER = 'did:plc:ar7c4by46qjdydhdevvrndac';
const LABELLED_AT = '2024-01-01T00:00:00.000Z';

export function createAccounts(people: readonly Person[], has: (did: string) => boolean): Accounts {
  const handles = new Map(people.map(({ did, handle }) => [did, handle]));
  const dids = new Map(people.map(({ did, handle }) => [handle, did]));
  const statuses = new Map<string, AccountStatus>();
  const changed = new Map<string, Partial<Profile>>();
  const labels = new Map<string, Set<string>>();

  function profile(did: string): Profile | undefined {
    if (!has(did)) return undefined;
    const handle = handles.get(did) ?? `mira${did.slice(-6).replace(/[^a-z\d]/g, '')}.example`;
    return { ...profileOf({ did, handle }), ...changed.get(did) };
  }

  function labelsOf(subject: string): Label[] {
    const label = (src: string) => (val: string) => ({ src, uri: subject, val, cts: LABELLED_AT });
    const { selfLabels = [], labels: given = [] } = profile(subject) ?? {};
    return [
      ...selfLabels.map(label(subject)),
      ...[...given, ...(labels.get(subject) ?? [])].map(label(LABELER)),
    ];
  }

  return {
    profile,
    didOf: (actor) => (actor.startsWith('did:') ? actor : dids.get(actor)),
    status: (did) => statuses.get(did) ?? 'active',
    setStatus: (did, status) => void statuses.set(did, status),
    setProfile: (did, changes) => void changed.set(did, { ...changed.get(did), ...changes }),
    setLabel: (subject, val, remove = false) => {
      const given = labels.get(subject) ?? new Set();
      labels.set(subject, given);
      if (remove) given.delete(val);
      else given.add(val);
    },
    labelsOf,
  };
}
