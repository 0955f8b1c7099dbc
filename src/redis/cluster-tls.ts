/** TLS to the nodes of a Cluster: they announce each other, often by addresses that no certificate names. */
import { isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import type { ClusterOptions } from 'ioredis';
import type { TlsFiles } from '../config/config.ts';

type ClusterTls = Required<Pick<ClusterOptions, 'dnsLookup'>> & {
  tls: TlsFiles & Required<Pick<ConnectionOptions, 'checkServerIdentity'>>;
};

/**
 * A node known only by its address may have a certificate for any host of the URL, since it was announced by a node that has one. A node
 * announced by name must have one for that name; with REDIS_TLS_SERVERNAME all must have one for that.
 */
export function clusterTls(hosts: readonly string[], tls: TlsFiles): ClusterTls {
  const names = hosts.filter((host) => !isIP(host));
  return {
    // By default ioredis connects to the address, without name or SNI.
    dnsLookup: (host, found) => found(null, host),
    tls: {
      ...tls,
      checkServerIdentity(host, certificate) {
        const accepted = tls.servername || !isIP(host) ? [host] : [host, ...names];
        const problems = accepted.map((name) => checkServerIdentity(name, certificate));
        return problems.includes(undefined) ? undefined : problems.at(-1);
      },
    },
  };
}
