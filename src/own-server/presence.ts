/**
 * Which processes are alive, according to the kernel: each has a listening socket in the folder `alive/`. Others can connect as long as
 * the process has it open, even while it is stopped, and from any container that shares the folder. Pids mean nothing in another pid
 * namespace. Only on Linux, where there are such namespaces.
 */
import { closeSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';

const isLinux = process.platform === 'linux';

export interface Presence {
  /** To be passed on to a child process, which then is present, too; undefined: not on Linux. */
  fd: number | undefined;
  /** This process is no longer present. Idempotent. */
  end(): Promise<void>;
}

/** Replaces what an ended process left under the name. */
export async function announce(folder: string, name: string): Promise<Presence> {
  if (!isLinux) return { fd: undefined, end: async () => undefined };
  mkdirSync(join(folder, 'alive'), { recursive: true });
  const temporary = `${name}.${process.pid}.new`;
  rmSync(join(folder, 'alive', temporary), { force: true });
  const server = createServer((socket) => socket.destroy()).unref();
  await inFolder(folder, (path) => listen(server, `${path}/${temporary}`));
  // Node removes the path that it listened at when it ends.
  renameSync(join(folder, 'alive', temporary), join(folder, 'alive', name));
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
  return { fd, end: () => new Promise((resolve) => server.close(() => resolve())) };
}

const listen = (server: Server, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject).listen(path, () => {
      server.off('error', reject).on('error', () => undefined);
      resolve();
    });
  });

/** Whether a process that announced this name still lives. */
export async function isPresent(folder: string, name: string): Promise<boolean> {
  if (!isLinux) return false;
  try {
    return await inFolder(folder, (path) => isListening(`${path}/${name}`));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

const isListening = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    const done = (lives: boolean) => {
      socket.destroy();
      resolve(lives);
    };
    socket.once('connect', () => done(true));
    // Any other error, such as a full backlog, means that somebody has the socket open.
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      done(code !== 'ECONNREFUSED' && code !== 'ENOENT'),
    );
  });

export function forget(folder: string, name: string): void {
  rmSync(join(folder, 'alive', name), { force: true });
}

/** A path to `alive/` of any length, as that of a socket must be short. */
async function inFolder<T>(folder: string, work: (path: string) => Promise<T>): Promise<T> {
  const fd = openSync(join(folder, 'alive'), 'r');
  try {
    return await work(`/proc/self/fd/${fd}`);
  } finally {
    closeSync(fd);
  }
}
