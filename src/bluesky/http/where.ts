/**
 * Where a call may go: https on port 443, to a name of which every address is public, and to one of the addresses that were checked.
 * On loopback, where tests and the demo have their own Bluesky, http as well.
 */

import type { LookupAddress, LookupOptions } from 'node:dns';
import { lookup as resolveName } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { isLoopbackAddress, isPublicAddress } from '../../config/addresses.ts';
import { withoutBrackets } from '../../config/loopback.ts';

/** Nothing was sent. */
export class NotAllowed extends Error {
  override name = 'NotAllowed';
}

export type Resolve = (
  name: string,
  done: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void;

const resolveAll: Resolve = (name, done) => resolveName(name, { all: true }, done);

export interface Way {
  url: URL;
  isPlain: boolean;
  /** For `net.connect`: checks all addresses, and returns no others. */
  lookup: LookupFunction;
}

/** Throws NotAllowed. A name is resolved and checked at each connection, and only once. */
export function wayTo(text: string, allowsLoopback: boolean, resolve: Resolve = resolveAll): Way {
  if (!URL.canParse(text)) throw new NotAllowed('not a URL');
  const url = new URL(text);
  const isPlain = url.protocol === 'http:' && allowsLoopback;
  if (url.protocol !== 'https:' && !isPlain) throw new NotAllowed('not https');
  if (!isPlain && url.port !== '') throw new NotAllowed('not port 443');
  if (url.username || url.password) throw new NotAllowed('with a user or a password');
  const isAllowed = isPlain ? isLoopbackAddress : isPublicAddress;
  const host = withoutBrackets(url.hostname);
  // Addresses need no lookup. `URL` has normalized decimal, octal and hexadecimal forms.
  if (isIP(host) && !isAllowed(host)) throw new NotAllowed('not a public address');
  return { url, isPlain, lookup: checkedLookup(isAllowed, resolve) };
}

const checkedLookup =
  (isAllowed: (address: string) => boolean, resolve: Resolve): LookupFunction =>
  (name, options: LookupOptions, done) => {
    resolve(name, (error, found) => {
      if (error) return done(error, '');
      const [first] = found;
      if (!first || !found.every(({ address }) => isAllowed(address)))
        return done(new NotAllowed('resolves to an address that is not public'), '');
      if (options.all) done(null, found);
      else done(null, first.address, first.family);
    });
  };
