/**
 * The users of a folder's server: one empty file each under `users/`, named by its process' mark.
 * Read and changed under the folder's lock, so that the last to leave knows it is the last. A killed user leaves a stale file.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isLiving, ownMark } from './living.ts';

let count = 0;

/** One process may be several users. */
export function newUser(): string {
  count += 1;
  return `${ownMark()}.${count}`;
}

export function addUser(folder: string, user: string): void {
  mkdirSync(join(folder, 'users'), { recursive: true });
  writeFileSync(join(folder, 'users', user), '');
}

export function removeUser(folder: string, user: string): void {
  rmSync(join(folder, 'users', user), { force: true });
}

/** Removes stale files too. */
export function hasUsers(folder: string): boolean {
  const users = readdirSync(join(folder, 'users'));
  for (const user of users) if (!isLiving(user)) removeUser(folder, user);
  return users.some(isLiving);
}
