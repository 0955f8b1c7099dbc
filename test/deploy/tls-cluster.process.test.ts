/** A Cluster over TLS whose nodes answer with their addresses, while their certificate names a host and no address. */
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Certificates, makeCertificates } from '../fixtures/certificates.ts';
import { eventually } from '../fixtures/eventually.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { endRoles, runCommand, startRole } from '../fixtures/roles.ts';
import { type ClusterSetup, startCluster } from './cluster.ts';

let certificates: Certificates;
let cluster: ClusterSetup;
beforeAll(async () => {
  certificates = await makeCertificates();
  cluster = await startCluster({ tls: { ...certificates.hostOnly, ca: certificates.ca } });
});
afterEach(endRoles);
afterAll(async () => {
  await cluster.stop();
  await certificates.remove();
});

const settings = (host: string, change: Record<string, string> = {}) => ({
  REDIS_URL: `rediss://${cluster.ports.map((port) => `${host}:${port}`).join(',')}`,
  REDIS_TLS_CA: certificates.ca,
  ...change,
});

async function arrives(inbox: string, env: Record<string, string>): Promise<void> {
  const product = await (await startRole('start', env)).ready();
  const client = cluster.client();
  for (let n = 0; n < 50; n += 1)
    await client.xadd('skywire:matches', '*', 'data', wire(makeMatch(`${inbox}-${n % 10}`, n)));
  await eventually(
    async () => {
      for (let n = 0; n < 10; n += 1) expect(await client.xlen(`inbox:{${inbox}-${n}}`)).toBe(5);
    },
    { withinMs: 30_000 },
  );
  product.signal('SIGTERM');
  expect(await product.ended).toBe(0);
  expect(product.output()).not.toMatch(/certificate|altnames/);
}

test('the nodes are trusted by the host name of the URL, although they answer with addresses', async () => {
  const info = new Redis({ port: cluster.ports[0]!, tls: { rejectUnauthorized: false } });
  expect(JSON.stringify(await info.call('CLUSTER', 'SLOTS'))).toContain('"127.0.0.1"');
  info.disconnect();
  await arrives('named', settings('localhost'));
});

test('by REDIS_TLS_SERVERNAME, if the URL has addresses', async () => {
  await arrives('set', settings('127.0.0.1', { REDIS_TLS_SERVERNAME: 'localhost' }));
});

test.each<[string, string, Record<string, string>, RegExp]>([
  ['by addresses alone', '127.0.0.1', {}, /altnames/],
  ['under another name', 'localhost', { REDIS_TLS_SERVERNAME: 'redis.example' }, /altnames/],
  ["with a stranger's CA", 'localhost', { REDIS_TLS_CA: 'strangersCa' }, /unable to|signature|self-signed/],
])('%s they are not trusted', async (_, host, change, reason) => {
  const real = { ...change, ...(change['REDIS_TLS_CA'] && { REDIS_TLS_CA: certificates.strangersCa }) };
  const { code, output } = await runCommand('worker', settings(host, real));
  expect(output).toMatch(/cannot be reached: /);
  expect(output).toMatch(reason);
  expect(code).toBe(1);
});
