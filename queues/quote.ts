const invisible = /[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu;

/** What comes from outside never breaks out of the line it stands in: JSON, a text cut, with all that is invisible spelled out. */
export function quote(value: unknown, most = 120): string {
  const isLong = typeof value === 'string' && value.length > most;
  return JSON.stringify(isLong ? `${value.slice(0, most)}…` : value).replace(invisible, spellOut);
}

/** A character as JSON may have it. */
export const spellOut = (char: string): string =>
  Array.from(
    { length: char.length },
    (_, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');
