/**
 * One use of a folder's server, joined and left under the folder's lock.
 * The first to join starts the server; the last to leave shuts it down.
 */
import { existsSync } from 'node:fs';
import { withLock } from './folder-lock.ts';
import { limitMemory } from './memory.ts';
import { announce, forget, type Presence } from './presence.ts';
import { livingServer, type Server, shutDown, startServer } from './process.ts';
import { type ServerProgram, serverProgram } from './program.ts';
import { startFailure, whenReady } from './ready.ts';
import { addUser, hasUsers, removeUser } from './users.ts';

export interface Use {
  folder: string;
  user: string;
  /** Once aborted, no server is started. */
  leaving: AbortSignal;
  mayInstall: boolean;
  say: (line: string) => void;
  presence?: Presence;
}

const JOIN_LOCK_WAIT_MS = 20_000;
const LEAVE_LOCK_WAIT_MS = 1_500;

/** Resolves when the server answers, and has a maxmemory. Throws OwnServerError and file system errors. */
export async function join(use: Use): Promise<Server> {
  const { folder, user, leaving, mayInstall, say } = use;
  // Before the lock: others ask it whether the lock's holder lives.
  use.presence ??= await announce(folder, user);
  let program: ServerProgram | undefined;
  for (;;) {
    const server = await withLock(use, JOIN_LOCK_WAIT_MS, async () => {
      leaving.throwIfAborted();
      addUser(folder, user);
      return (await livingServer(folder)) ?? (program && startServer(folder, program));
    });
    if (!server) {
      // Outside the lock: installing may take minutes.
      program = await serverProgram(mayInstall, say);
      continue;
    }
    if ((await whenReady(folder, server, say)) === 'ready') {
      await limitMemory(server, say);
      return server;
    }
    // A server that another process started may have been shutting down: the next round starts a new one.
    if (server.started) throw startFailure(folder, server.started);
  }
}

/** Takes at most 8 s, never throws. `known`: the server that was joined. */
export async function leave(use: Use, known: Server | undefined): Promise<void> {
  const { folder, user, say } = use;
  try {
    await withLock(use, LEAVE_LOCK_WAIT_MS, async () => {
      removeUser(folder, user);
      if (await hasUsers(folder)) return;
      const server = await livingServer(folder);
      if (server) await shutDown(folder, server);
    });
  } catch (error) {
    if (!existsSync(folder)) {
      // The folder was deleted: nobody else can reach the server.
      if (known) await shutDown(folder, known);
      return;
    }
    removeUser(folder, user);
    say(`The embedded Redis was not shut down: ${(error as Error).message}`);
  } finally {
    await use.presence?.end();
    forget(folder, user);
  }
}
