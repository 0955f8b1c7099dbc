/**
 * Who may connect: a file with one line a client, `name sha256-of-the-token [group=…] [connections=…] [rate=…]`, reloaded when it
 * changes. Only digests are kept. Fails closed: neither an invalid line nor an unreadable file admits anyone.
 */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { howToRun } from '../../config/invocation.ts';

export interface Grant {
  /** Name of the client. */
  name: string;
  /** SHA-256 of the token, in hex. */
  digest: string;
  /** The consumer group it may use; undefined: SKYWIRE_GROUP. */
  group: string | undefined;
  /** Concurrent connections: one for each stream and pump. */
  connections: number;
  /** Entries a second, all its connections together. */
  rate: number;
}

export interface Tokens {
  /** Constant time. */
  find(token: Buffer): Grant | undefined;
  /** Whether the grant was neither revoked nor changed. */
  stands(grant: Grant): boolean;
  count(): number;
  stop(): void;
}

const DEFAULTS = { connections: 16, rate: 50_000 };
const LOOK_EVERY_MS = 1_000;
const PREFIX = 'swr_';

export function newToken(): string {
  return PREFIX + randomBytes(32).toString('base64url');
}

export const digestOf = (token: Buffer | string): string => hash('sha256', token, 'hex');

export function parseTokens(text: string): { grants: Grant[]; problems: string[] } {
  const grants: Grant[] = [];
  const problems: string[] = [];
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [name = '', digest = '', ...options] = line.trim().split(/\s+/);
    const grant: Grant = { name, digest: digest.toLowerCase(), group: undefined, ...DEFAULTS };
    const problem =
      nameProblem(name, grants) ??
      (/^[0-9a-f]{64}$/.test(grant.digest)
        ? undefined
        : `expected the SHA-256 of the token after the name, 64 hexadecimal digits (${howToRun('relay-token')} makes the line)`) ??
      options.map((option) => takeOption(grant, option)).find(Boolean);
    // Never shows the line: it may hold a token by mistake.
    if (problem) problems.push(`line ${at + 1}: ${problem}`);
    else grants.push(grant);
  }
  return { grants, problems };
}

function nameProblem(name: string, grants: readonly Grant[]): string | undefined {
  if (!/^[\w.-]{1,64}$/.test(name)) return 'a name is 1 to 64 letters, digits, dots, hyphens and underscores';
  return grants.some((grant) => grant.name === name) ? 'duplicate name' : undefined;
}

function takeOption(grant: Grant, option: string): string | undefined {
  const [name, value = ''] = option.split(/=(.*)/s);
  if (name === 'group' && value) {
    grant.group = value;
    return undefined;
  }
  if ((name === 'connections' || name === 'rate') && /^[1-9]\d{0,8}$/.test(value)) {
    grant[name] = Number(value);
    return undefined;
  }
  return 'invalid option: expected group=<name>, connections=<number> or rate=<entries a second>';
}

export interface WatchTokens {
  file: string;
  onChange: () => void;
  onProblems: (problems: string[]) => void;
  lookEveryMs?: number;
}

/** Loads the file, and reloads it when it changes. */
export function watchTokens({
  file,
  onChange,
  onProblems,
  lookEveryMs = LOOK_EVERY_MS,
}: WatchTokens): Tokens {
  let text: string | undefined;
  let grants: Grant[] = [];
  const look = () => {
    let found = '';
    let problems: string[] = [];
    try {
      found = readFileSync(file, 'utf8');
    } catch (error) {
      problems = [`it cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}`];
    }
    const key = problems[0] ?? `=${found}`;
    if (key === text) return;
    const isFirst = text === undefined;
    text = key;
    const parsed = parseTokens(found);
    grants = parsed.grants;
    problems.push(...parsed.problems);
    if (problems.length) onProblems(problems.map((problem) => `${file}: ${problem}`));
    if (!isFirst) onChange();
  };
  look();
  const timer = setInterval(look, lookEveryMs);
  timer.unref();
  return {
    find(token) {
      const given = Buffer.from(digestOf(token), 'hex');
      let found: Grant | undefined;
      for (const grant of grants) if (timingSafeEqual(given, Buffer.from(grant.digest, 'hex'))) found = grant;
      return found;
    },
    stands: (grant) =>
      grants.some(
        ({ name, digest, group }) => name === grant.name && digest === grant.digest && group === grant.group,
      ),
    count: () => grants.length,
    stop: () => clearInterval(timer),
  };
}
