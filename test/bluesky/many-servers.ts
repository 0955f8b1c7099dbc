/** Authors spread over many servers, as in life: each of these passes connections on to the made-up Bluesky. And the directory of them. */
import { createServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from 'node:net';

export interface ManyServers {
  plcUrl: string;
  /** Takes calls, and answers none of them. */
  isSilent: boolean;
  /** Calls of the directory that are open. */
  open(): number;
  stop(): void;
}

const listening = async <One extends Server | HttpServer>(server: One): Promise<One> => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return server;
};
const urlOf = (server: Server | HttpServer) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** `nth`: which of the servers has the records of this author. */
export async function startManyServers(
  blueskyUrl: string,
  count: number,
  nth: (did: string) => number,
): Promise<ManyServers> {
  const port = Number(new URL(blueskyUrl).port);
  const passOn = () =>
    createTcpServer((from) => {
      const to = connect(port, '127.0.0.1');
      from.pipe(to).pipe(from);
      for (const [one, other] of [
        [from, to],
        [to, from],
      ] as const)
        one.on('error', () => other.destroy()).on('close', () => other.destroy());
    });
  const servers = await Promise.all(Array.from({ length: count }, () => listening(passOn())));
  let open = 0;
  const plc = await listening(
    createServer((req, res) => {
      open += 1;
      res.once('close', () => (open -= 1));
      if (many.isSilent) return;
      const did = decodeURIComponent(req.url!.slice(1));
      const serviceEndpoint = urlOf(servers[nth(did)]!);
      const service = [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint }];
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id: did, service }));
    }),
  );
  const many: ManyServers = {
    plcUrl: urlOf(plc),
    isSilent: false,
    open: () => open,
    stop() {
      plc.close().closeAllConnections();
      for (const server of servers) server.close();
    },
  };
  return many;
}
