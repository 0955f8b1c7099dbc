/** deploy/redis-users.acl as an operator uses it: every user gets a password of its own, and Redis loads the file. */
import { readFileSync } from 'node:fs';

export const aclText = readFileSync(new URL('../../deploy/redis-users.acl', import.meta.url), 'utf8');
export const users = ['skywire', 'skywire-inbox-pump', 'skywire-inbox-worker', 'skywire-inbox-web'] as const;
export type User = (typeof users)[number];
export const ADMIN_PASSWORD = 'admin-secret';

export const passwordOf = (user: string): string => (user === 'admin' ? ADMIN_PASSWORD : `${user}-secret`);

/** The file with every user but `default` let in. */
export const aclWithPasswords = aclText.replace(
  /^user (?!default)(\S+) off resetpass/gm,
  (_line, user: string) => {
    return `user ${user} on resetpass >${passwordOf(user)}`;
  },
);

export const urlFor = (user: string, port: number, scheme = 'redis'): string =>
  `${scheme}://${user}:${passwordOf(user)}@127.0.0.1:${port}`;

/** Commands that the file grants a user, whatever the keys. */
export function grantedTo(user: string): string[] {
  const line = aclText.split('\n').find((one) => one.startsWith(`user ${user} `))!;
  return [...new Set([...line.matchAll(/\+([a-z|]+)/g)].map(([, command]) => command!))].toSorted();
}
