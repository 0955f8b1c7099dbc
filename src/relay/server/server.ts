/**
 * The relay: a WebSocket server next to Skywire's Redis, without state that must survive.
 * listening → stop(): refuses new clients, closes the others with a code that makes them retry → stopped.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { atMost } from '../../redis/deadline.ts';
import { closeCodes, DEFAULT_PATH, MAX_FRAME_BYTES } from '../protocol.ts';
import { createDoor, type DoorOptions } from './door.ts';

export interface RelayOptions extends DoorOptions {
  host: string;
  port: number;
  /** Without it a proxy terminates TLS. */
  tls?: { cert: Buffer; key: Buffer } | undefined;
}

export interface Relay {
  url: string;
  /** Disconnects clients whose token was revoked. */
  revoke(): void;
  /** Idempotent; within 5 s. */
  stop(): Promise<void>;
}

/** The port is taken or the certificate invalid. The message names the settings. */
export class RelayError extends Error {
  override name = 'RelayError';
}

const STOP_WITHIN_MS = 4_000;
const MAX_SOCKETS = 1_000;
const limits = { headersTimeout: 10_000, requestTimeout: 10_000, maxHeaderSize: 16_384 };

/** Throws RelayError. */
export async function startRelay({ host, port, tls, ...doorOptions }: RelayOptions): Promise<Relay> {
  const door = createDoor(doorOptions);
  const server = createHttpServer(tls);
  server.maxConnections = MAX_SOCKETS;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES.toRelay,
    perMessageDeflate: false,
    clientTracking: false,
  });
  server.on('request', refusePlainHttp);
  server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    if (pathOf(req) !== DEFAULT_PATH) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(req, socket, head, (opened) => door.welcome(opened, req.headers.authorization));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new RelayError(`cannot listen on RELAY_HOST=${host}, RELAY_PORT=${port}: ${error.message}`, {
          cause: error,
        }),
      ),
    );
    server.listen(port, host, resolve);
  });
  server.on('error', (error) => doorOptions.events.trouble('accepting a connection', error));

  async function stop(): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve));
    await atMost(STOP_WITHIN_MS, door.closeAll(closeCodes.stopping, 'the relay is stopping'));
    server.closeAllConnections();
    await atMost(500, closed);
  }
  const address = server.address() as AddressInfo;
  const shownHost = host.includes(':') ? `[${host}]` : host;
  let stopped: Promise<void> | undefined;
  return {
    url: `${tls ? 'wss' : 'ws'}://${shownHost}:${address.port}${DEFAULT_PATH}`,
    revoke: door.revoke,
    stop: () => (stopped ??= stop()),
  };
}

function createHttpServer(tls: RelayOptions['tls']) {
  if (!tls) return createServer(limits);
  try {
    return createTlsServer({ ...limits, ...tls, minVersion: 'TLSv1.2' });
  } catch (error) {
    const { message } = error as Error;
    throw new RelayError(`RELAY_TLS_CERT, RELAY_TLS_KEY: not a PEM certificate and its key: ${message}`, {
      cause: error,
    });
  }
}

function refusePlainHttp(req: IncomingMessage, res: ServerResponse): void {
  const isHere = pathOf(req) === DEFAULT_PATH;
  res.writeHead(isHere ? 426 : 404, { Connection: 'close', ...(isHere && { Upgrade: 'websocket' }) });
  res.end(isHere ? 'This address speaks WebSocket\n' : 'Nothing here\n');
}

const pathOf = (req: IncomingMessage): string => (req.url ?? '').split('?', 1)[0]!;
