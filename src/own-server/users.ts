/**
 * The users of a folder's server: an empty file for each under `users/`.
 * Read and changed under the folder's lock, so that the last to leave knows it is the last. A killed user leaves a stale file.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isLiving } from './living.ts';
import { forget } from './presence.ts';

export function addUser(folder: string, user: string): void {
  mkdirSync(join(folder, 'users'), { recursive: true });
  writeFileSync(join(folder, 'users', user), '');
}

export function removeUser(folder: string, user: string): void {
  rmSync(join(folder, 'users', user), { force: true });
}

/** Removes stale files too. */
export async function hasUsers(folder: string): Promise<boolean> {
  let hasLiving = false;
  for (const user of readdirSync(join(folder, 'users'))) {
    if (await isLiving(folder, user)) hasLiving = true;
    else {
      removeUser(folder, user);
      forget(folder, user);
    }
  }
  return hasLiving;
}
