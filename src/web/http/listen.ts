/** An HTTP server with limits: listening → stop(): accepts nothing new → closed, after 2 s at the latest. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '../../observe/logger.ts';
import { atMost } from '../../redis/deadline.ts';

export interface WebServer {
  url: string;
  port: number;
  /** Idempotent. Connections still open after 2 s are cut. */
  stop(): Promise<void>;
}

/** The message names the settings. */
export class ListenError extends Error {
  override name = 'ListenError';
}

/**
 * Against slowloris: headers must arrive within 10 s, checked every 2 s. An idle connection outlives those of proxies (nginx and load
 * balancers 60 s, Traefik 90 s, Caddy 120 s): otherwise a request may hit its end, and a POST is not resent. Neither of the first two
 * runs while a connection is idle.
 */
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 130_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 16_384,
};
const MAX_HEADERS = 100;
const MAX_CONNECTIONS = 5_000;
const STOP_WITHIN_MS = 2_000;

export async function listen(
  app: RequestListener,
  { host, port, setting }: { host: string; port: number; setting: 'PORT' | 'HEALTH_PORT' },
  log: Logger,
): Promise<WebServer> {
  let isStopping = false;
  const server = createServer(limits, (req, res) => {
    // A keep-alive connection would go on sending requests.
    if (isStopping) res.setHeader('Connection', 'close');
    app(req, res);
  });
  server.maxHeadersCount = MAX_HEADERS;
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const at = `HOST=${host}, ${setting}=${port}`;
      reject(
        new ListenError(`cannot listen on ${at}: ${reasons[error.code ?? ''] ?? error.message}`, {
          cause: error,
        }),
      );
    });
    server.listen(port, host.replace(/^\[|\]$/g, ''), resolve);
  });
  server.on('error', (error) => log.warn({ error: error.message }, 'connection not accepted'));
  const address = server.address() as AddressInfo;

  async function close(): Promise<void> {
    isStopping = true;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    await atMost(STOP_WITHIN_MS, closed);
    server.closeAllConnections();
    await closed;
  }
  let stopped: Promise<void> | undefined;
  return {
    url: `http://${openable(host)}:${address.port}`,
    port: address.port,
    stop: () => (stopped ??= close()),
  };
}

const reasons: Record<string, string> = {
  EADDRINUSE: 'another program listens there; use another port, or 0 for any free one',
  EACCES: 'permission denied; ports below 1024 need special rights',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'this name does not resolve',
};

/** The host for a URL on this machine: a wildcard address cannot be opened. */
function openable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
