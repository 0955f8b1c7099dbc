/** The client's address: from trusted proxies the header is believed, from anybody else it is not. */
import { type BlockList, isIP, SocketAddress } from 'node:net';

/**
 * The last address in X-Forwarded-For that is none of the proxies; the farthest proxy's if all are. Each proxy
 * appends what it saw: anything before an entry that is not an address may be forged.
 */
export function clientAddress(
  socketAddress: string | undefined,
  forwardedFor: string | undefined,
  proxies: BlockList | undefined,
): string {
  let nearest = plainAddress(socketAddress ?? '') ?? '';
  if (!proxies) return nearest;
  for (const entry of (forwardedFor ?? '').split(',').toReversed()) {
    if (!isOneOf(proxies, nearest)) break;
    const next = plainAddress(withoutPort(entry.trim()));
    if (next === undefined) break;
    nearest = next;
  }
  return nearest;
}

export function isOneOf(proxies: BlockList, address: string | undefined): boolean {
  const plain = plainAddress(address ?? '');
  return plain !== undefined && proxies.check(plain, plain.includes(':') ? 'ipv6' : 'ipv4');
}

/** One spelling for each address: `::ffff:10.0.0.1` is 10.0.0.1. */
function plainAddress(text: string): string | undefined {
  const bare = text.split('%', 1)[0]!;
  const version = isIP(bare);
  if (version !== 6) return version === 4 ? bare : undefined;
  const { address } = new SocketAddress({ address: bare, family: 'ipv6' });
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1] ?? address;
}

/** Some proxies write `192.0.2.1:4711`, and IPv6 in brackets. */
const withoutPort = (text: string): string =>
  /^\[([^\]]*)\](?::\d*)?$/.exec(text)?.[1] ?? /^([\d.]+):\d*$/.exec(text)?.[1] ?? text;
