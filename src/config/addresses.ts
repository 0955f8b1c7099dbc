/** Which addresses are public. Hosts are named by strangers, and must not lead a call to an internal machine. */
import { BlockList, isIP } from 'node:net';

/** IANA's special-purpose addresses: this network, private, shared (CGNAT), loopback, link-local, tests, 6to4 relays, multicast, reserved. */
const notPublic4 = listOf('ipv4', [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]);
/** Global unicast. Outside lie loopback, mapped and compatible IPv4, NAT64, unique local, link-local, multicast. */
const global6 = listOf('ipv6', ['2000::/3']);
/** Within it: Teredo and other protocols, documentation, 6to4. */
const notPublic6 = listOf('ipv6', ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);

const loopback4 = listOf('ipv4', ['127.0.0.0/8']);

function listOf(family: 'ipv4' | 'ipv6', subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [net, bits] = subnet.split('/');
    list.addSubnet(net!, Number(bits), family);
  }
  return list;
}

/** `address`: as a resolver or `URL` writes it, without brackets. Anything that is not an address is not public. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !notPublic4.check(address, 'ipv4');
    case 6:
      // An address with a zone is one of this machine's links.
      return !address.includes('%') && global6.check(address, 'ipv6') && !notPublic6.check(address, 'ipv6');
    default:
      return false;
  }
}

export const isLoopbackAddress = (address: string): boolean =>
  address === '::1' || (isIP(address) === 4 && loopback4.check(address, 'ipv4'));
