/**
 * A simulated Bluesky on loopback: AppView, plc.directory, the authors' server and the CDN at one address.
 * Listening → stop(): closed.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createWorld } from '../made-up-posts.ts';
import { createAccounts } from './accounts.ts';
import { answerControl } from './control-route.ts';
import { type BlueskyControls, createControls } from './controls.ts';
import { applyFault, sendJson, withHostileWords } from './faults.ts';
import { createGallery, pictureOf, sendDidDocument } from './other-routes.ts';
import { createRepositories } from './repositories.ts';
import type { Network } from './views.ts';
import { Params, XrpcError, xrpcMethods } from './xrpc.ts';

export interface MadeUpBluesky extends BlueskyControls {
  /** `http://127.0.0.1:<port>`: for BLUESKY_API_URL, PLC_URL and MEDIA. */
  url: string;
  /** Idempotent, immediate: open connections are cut. */
  stop(): Promise<void>;
}

export interface BlueskyOptions {
  /** The seed of the simulated Skywire. */
  seed: number;
  /** 0, the default: any free one. */
  port?: number;
}

const HOST = '127.0.0.1';

/** Rejects if it cannot listen. */
export async function startMadeUpBluesky({ seed, port = 0 }: BlueskyOptions): Promise<MadeUpBluesky> {
  const world = createWorld(seed);
  const repositories = createRepositories(world);
  const accounts = createAccounts(world.authors, repositories.has);
  const network: Network = { accounts, repositories, refusedQuotes: new Map() };
  const controls = createControls(network);
  const stopping = new AbortController();
  const answer = createAnswer(network, controls, stopping.signal);
  const server = createServer((req, res) => {
    answer(req, res).catch((error: Error) => {
      if (res.headersSent) res.destroy();
      else sendJson(res, { error: 'InternalServerError', message: error.message }, 500);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, resolve);
  });

  async function close(): Promise<void> {
    stopping.abort();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }
  let stopped: Promise<void> | undefined;
  const url = `http://${HOST}:${(server.address() as AddressInfo).port}`;
  return { ...controls, url, stop: () => (stopped ??= close()) };
}

function createAnswer(network: Network, controls: BlueskyControls, stopping: AbortSignal) {
  const methods = xrpcMethods(network);
  const sendPicture = createGallery();
  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(req.url ?? '/', 'http://bluesky.invalid');
    const control = /^\/made-up\/(\w+)$/.exec(pathname)?.[1];
    if (control !== undefined) return answerControl(controls, control, req, res);
    const nsid = /^\/xrpc\/([^/]+)$/.exec(pathname)?.[1];
    const did = /^\/(did:[^/]+|did%3A[^/]+)$/i.exec(pathname)?.[1];
    const name = nsid?.split('.').at(-1) ?? (did ? 'plc' : 'picture');
    controls.noteCall(name, req.url ?? '/');
    const fault = controls.faultOf(name);
    if (fault && (await applyFault(fault, res, stopping))) return;
    if (nsid !== undefined) {
      const method = Object.hasOwn(methods, nsid) ? methods[nsid]! : notImplemented;
      const [body, status] = answerXrpc(() => method(new Params(searchParams)));
      return sendJson(res, fault?.kind === 'hostile' ? withHostileWords(body) : body, status);
    }
    if (did !== undefined)
      return sendDidDocument(network, decodeURIComponent(did), `http://${req.headers.host}`, res);
    const picture = pictureOf(pathname);
    if (picture) return sendPicture(picture, res);
    sendJson(res, { message: 'Not Found' }, 404);
  };
}

function notImplemented(): never {
  throw new XrpcError('MethodNotImplemented', 'Method Not Implemented', 501);
}

function answerXrpc(call: () => unknown): [body: unknown, status: number] {
  try {
    return [call(), 200];
  } catch (error) {
    if (!(error instanceof XrpcError)) throw error;
    return [{ error: error.error, message: error.message }, error.status];
  }
}
