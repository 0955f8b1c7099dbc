/** Redis that speaks TLS only and asks every client for a certificate of our own CA: directly, and through stunnel. */
import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { type Certificates, makeCertificates } from '../fixtures/certificates.ts';
import { freePort } from '../fixtures/free-port.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { endRoles, runCommand, startRole } from '../fixtures/roles.ts';
import { noStunnel, type Stunnel, startStunnel } from '../fixtures/stunnel.ts';

let certificates: Certificates;
let redis: TestRedis;
let port: number;
let skywire: Redis;
const tunnels: Stunnel[] = [];

beforeAll(async () => {
  certificates = await makeCertificates();
  port = await freePort();
  const { ca, server, client } = certificates;
  const settings = `
    --port 0 --tls-port ${port} --tls-auth-clients yes --requirepass a:b@c/d
    --tls-cert-file ${server.cert} --tls-key-file ${server.key} --tls-ca-cert-file ${ca}`;
  redis = await startRedis(...settings.trim().split(/\s+/));
  const tls = { ca: readFileSync(ca), cert: readFileSync(client.cert), key: readFileSync(client.key) };
  skywire = new Redis({ port, password: 'a:b@c/d', tls });
});
afterEach(async () => {
  await endRoles();
  await Promise.all(tunnels.splice(0).map((tunnel) => tunnel.stop()));
});
afterAll(async () => {
  skywire.disconnect();
  await redis.stop();
  await certificates.remove();
});

const PASSWORD = encodeURIComponent('a:b@c/d');
const environment = (change: Record<string, string> = {}) => ({
  REDIS_URL: `rediss://:${PASSWORD}@127.0.0.1:${port}`,
  REDIS_TLS_CA: certificates.ca,
  REDIS_TLS_CERT: certificates.client.cert,
  REDIS_TLS_KEY: certificates.client.key,
  ...change,
});

async function append(inbox: string, from: number, count: number): Promise<void> {
  for (let n = from; n < from + count; n += 1)
    await skywire.xadd('skywire:matches', '*', 'data', wire(makeMatch(inbox, n)));
}
const arrived = (inbox: string, count: number) =>
  vi.waitFor(async () => expect(await skywire.xlen(`inbox:{${inbox}}`)).toBe(count), {
    timeout: 30_000,
    interval: 100,
  });

test('with our CA and a client certificate matches reach the inbox', async () => {
  const product = await (await startRole('start', environment())).ready();
  await append('tls', 0, 50);
  await arrived('tls', 50);
  product.signal('SIGTERM');
  expect(await product.ended).toBe(0);
  expect(product.output()).not.toContain('a:b@c/d');
});

test('the name asked for in the certificate is that of REDIS_TLS_SERVERNAME, where it is set', async () => {
  const other = await runCommand('doctor', environment({ REDIS_TLS_SERVERNAME: 'redis.example' }));
  expect(other.code).toBe(1);
  expect(other.output).toMatch(/cannot be reached: .*(altnames|redis\.example)/);
  const named = await runCommand('doctor', environment({ REDIS_TLS_SERVERNAME: 'localhost' }));
  expect(named.output).toMatch(/Redis [\d.]+ responds/);
});

test.each<[string, Record<string, string>, RegExp]>([
  ['without the CA', { REDIS_TLS_CA: '' }, /self-signed certificate|unable to (get|verify)/],
  ["with a stranger's CA", { REDIS_TLS_CA: 'strangersCa' }, /unable to|signature|self-signed/],
  [
    'without a client certificate',
    { REDIS_TLS_CERT: '', REDIS_TLS_KEY: '' },
    /certificate required|alert|closed|ECONNRESET/,
  ],
  [
    "with a stranger's client certificate",
    { REDIS_TLS_CERT: 'strangersClient.cert', REDIS_TLS_KEY: 'strangersClient.key' },
    /alert|unknown ca|closed|ECONNRESET/,
  ],
  ['without TLS', { REDIS_URL: 'plain' }, /closed|ECONNRESET|no answer/],
])('%s it ends within 10 s with a reason and exit 1', async (_name, change, reason) => {
  const { strangersCa, strangersClient } = certificates;
  const real: Record<string, string> = {
    strangersCa,
    'strangersClient.cert': strangersClient.cert,
    'strangersClient.key': strangersClient.key,
    plain: `redis://:${PASSWORD}@127.0.0.1:${port}`,
  };
  const settings = Object.fromEntries(
    Object.entries(change).map(([name, value]) => [name, real[value] ?? value]),
  );
  const startedAt = Date.now();
  const { code, output } = await runCommand('worker', environment(settings));
  expect(output).toMatch(/cannot be reached: /);
  expect(output).toMatch(reason);
  expect(output).not.toContain('a:b@c/d');
  expect(code).toBe(1);
  expect(Date.now() - startedAt).toBeLessThan(20_000);
});

/** TLS ends in stunnel on both sides: the product speaks plainly to its own machine, Redis to its. */
test.skipIf(noStunnel)(
  'through stunnel, also after the tunnel was gone for a while (skipped where stunnel is absent: apt install stunnel4)',
  async () => {
    const plain = await startRedis();
    const { dir, ca, server, client } = certificates;
    const [outside, inside] = [await freePort(), await freePort()];
    const near = {
      client: 'yes',
      accept: `127.0.0.1:${inside}`,
      connect: `127.0.0.1:${outside}`,
      cert: client.cert,
      key: client.key,
      CAfile: ca,
      verifyChain: 'yes',
      checkIP: '127.0.0.1',
    };
    try {
      tunnels.push(
        await startStunnel(dir, 'far', {
          accept: `127.0.0.1:${outside}`,
          connect: `127.0.0.1:${plain.port}`,
          cert: server.cert,
          key: server.key,
          CAfile: ca,
          verifyChain: 'yes',
        }),
      );
      const tunnel = await startStunnel(dir, 'near', near);
      tunnels.push(tunnel);
      const direct = plain.client();
      const product = await (await startRole('start', { REDIS_URL: `redis://127.0.0.1:${inside}` })).ready();
      const send = async (from: number) => {
        for (let n = from; n < from + 50; n += 1)
          await direct.xadd('skywire:matches', '*', 'data', wire(makeMatch('tunnel', n)));
      };
      const length = (count: number) =>
        vi.waitFor(async () => expect(await direct.xlen('inbox:{tunnel}')).toBe(count), {
          timeout: 30_000,
          interval: 100,
        });
      await send(0);
      await length(50);
      await tunnel.stop();
      await send(50);
      await vi.waitFor(async () => expect((await fetch(`${product.url}/readyz`)).status).toBe(503), 20_000);
      tunnels.push(await startStunnel(dir, 'near', near));
      await length(100);
      product.signal('SIGTERM');
      expect(await product.ended).toBe(0);
    } finally {
      await endRoles();
      await plain.stop();
    }
  },
);
