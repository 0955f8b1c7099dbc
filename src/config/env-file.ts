/**
 * Checks `.env`, which Node, systemd and Docker parse differently: in `ADMIN_PASSWORD=ab#cd` Node sees `ab`, systemd all of
 * it. A value that they do not all read the same is a problem: a secret must not be truncated silently.
 */
import { parseEnv } from 'node:util';
import type { Env } from './settings.ts';

/** In single quotes all of them take every character literally. */
const singleQuoted = /^'[^']*'\s*(?:#.*)?$/;
const doubleQuoted = /^"[^"\\]*"\s*(?:#.*)?$/;
const special = /[#'"`\\]/;
const withComment = /^[^#'"`\\]*\s#/;

/**
 * Problems of the settings of the file that are in use; if the environment sets a variable, too, the file's value
 * is not. `isSecret` returns undefined for names that are not settings.
 */
export function envFileProblems(
  file: string,
  env: Env,
  isSecret: (name: string) => boolean | undefined,
): string[] {
  const parsed = parseEnv(file);
  return file.split(/\r?\n/).flatMap((line, at) => {
    const [, name = '', given = ''] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=(.*)$/.exec(line) ?? [];
    const secret = isSecret(name);
    const value = given.trim();
    if (secret === undefined || parsed[name] !== env[name] || !special.test(value)) return [];
    if (singleQuoted.test(value) || doubleQuoted.test(value)) return [];
    if (!secret && withComment.test(value)) return [];
    return [`${name}: .env, line ${at + 1}: ${trouble(value)}; write ${name}=${remedy(value)}`];
  });
}

function trouble(value: string): string {
  if (/^["'`]/.test(value)) return 'the quotes are not read the same everywhere, or do not end in this line';
  if (value.includes('#'))
    return 'without quotes the value ends before #, or does not, depending on who reads it';
  return 'without quotes, a quotation mark or backslash is not read the same everywhere';
}

const remedy = (value: string): string =>
  value.slice(1, -1).includes("'") ? `"…" in double quotes, without a backslash` : `'…' in single quotes`;
