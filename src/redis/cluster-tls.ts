/** TLS to the nodes of a Cluster: they announce each other, often by addresses, which no certificate names. */
import { isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import type { ClusterOptions } from 'ioredis';
import type { TlsFiles } from '../config/config.ts';

type ClusterTls = Required<Pick<ClusterOptions, 'dnsLookup'>> & {
  tls: TlsFiles & Required<Pick<ConnectionOptions, 'checkServerIdentity'>>;
};

/**
 * A node that is known by its address only may have a certificate for any host of the URL: it was announced by one that has. A node
 * that is announced by its name must have one for that name, and with REDIS_TLS_SERVERNAME all have one for that.
 */
export function clusterTls(hosts: readonly string[], tls: TlsFiles): ClusterTls {
  const names = hosts.filter((host) => !isIP(host));
  return {
    // By default ioredis connects to the address, and then neither the name nor SNI is left.
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
