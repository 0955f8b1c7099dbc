/**
 * One use of a folder's server: joined and left under the folder's lock.
 * Whoever joins first starts the server; whoever leaves last shuts it down.
 */
import { existsSync } from 'node:fs';
import { withLock } from './folder-lock.ts';
import { livingServer, type Server, shutDown, startServer } from './process.ts';
import { type ServerProgram, serverProgram } from './program.ts';
import { startFailure, whenReady } from './ready.ts';
import { addUser, hasUsers, removeUser } from './users.ts';

export interface Use {
  folder: string;
  user: string;
  /** Once aborted, no server is started any more. */
  leaving: AbortSignal;
  mayInstall: boolean;
  say: (line: string) => void;
}

const JOIN_LOCK_WAIT_MS = 20_000;
const LEAVE_LOCK_WAIT_MS = 1_500;

/** Resolves when the server answers. Throws OwnServerError, and what the file system throws. */
export async function join(use: Use): Promise<Server> {
  const { folder, user, leaving, mayInstall, say } = use;
  let program: ServerProgram | undefined;
  for (;;) {
    const server = await withLock(folder, JOIN_LOCK_WAIT_MS, async () => {
      leaving.throwIfAborted();
      addUser(folder, user);
      return (await livingServer(folder)) ?? (program && startServer(folder, program));
    });
    if (!server) {
      // Outside the lock: to install one may take minutes.
      program = await serverProgram(mayInstall, say);
      continue;
    }
    if ((await whenReady(folder, server, say)) === 'ready') return server;
    // One that this process did not start may have been on its way out: then the next look starts another.
    if (server.started) throw startFailure(folder, server.started);
  }
}

/** Within 8 s, and never throws. `known`: the server that was joined. */
export async function leave({ folder, user, say }: Use, known: Server | undefined): Promise<void> {
  try {
    await withLock(folder, LEAVE_LOCK_WAIT_MS, async () => {
      removeUser(folder, user);
      if (hasUsers(folder)) return;
      const server = await livingServer(folder);
      if (server) await shutDown(folder, server);
    });
  } catch (error) {
    if (!existsSync(folder)) {
      // Removed under the server: nobody else can come to it any more.
      if (known) await shutDown(folder, known);
      return;
    }
    removeUser(folder, user);
    say(`The own Redis was not shut down: ${(error as Error).message}`);
  }
}
