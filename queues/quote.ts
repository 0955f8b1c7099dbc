const invisible = /[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu;

/** Untrusted values, safe for logs, errors and terminals: JSON, truncated, with invisible characters escaped. */
export function quote(value: unknown, most = 120): string {
  const isLong = typeof value === 'string' && value.length > most;
  return JSON.stringify(isLong ? `${value.slice(0, most)}…` : value).replace(invisible, spellOut);
}

/** A character in JSON's escape form. */
export const spellOut = (char: string): string =>
  Array.from(
    { length: char.length },
    (_, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');
