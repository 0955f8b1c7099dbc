/** Deeper than any AT Protocol record, and safe for recursive parsers downstream. */
export const MAX_DEPTH = 200;

/**
 * The source text of one member of a JSON object, unchanged. Only for text that JSON.parse accepted. Of duplicate keys the last
 * one counts, as for JSON.parse. Throws RangeError if a value is nested deeper than MAX_DEPTH.
 */
export function memberText(json: string, name: string): string | undefined {
  let found: string | undefined;
  let at = json.indexOf('{') + 1;
  for (;;) {
    at = skipSpace(json, at);
    if (json[at] !== '"') return found;
    const keyEnd = stringEnd(json, at);
    const key = json.slice(at, keyEnd);
    at = skipSpace(json, skipSpace(json, keyEnd) + 1);
    const valueEnd = skipValue(json, at);
    if (key.includes('\\') ? JSON.parse(key) === name : key === `"${name}"`) {
      found = json.slice(at, valueEnd).trimEnd();
    }
    at = skipSpace(json, valueEnd) + 1;
  }
}

const QUOTE = 34;
const BACKSLASH = 92;
const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9;

/** Where the next token begins. */
export function skipSpace(json: string, at: number): number {
  while (isSpace(json.charCodeAt(at))) at += 1;
  return at;
}

/** Behind the closing quote of the string that begins, or has its first backslash, at `at`. */
export function stringEnd(json: string, at: number): number {
  for (;;) {
    at = json.indexOf('"', at + 1);
    let before = at - 1;
    while (json.charCodeAt(before) === BACKSLASH) before -= 1;
    if ((at - before) % 2 === 1) return at + 1;
  }
}

function skipValue(json: string, at: number): number {
  let depth = 0;
  for (; at < json.length; at += 1) {
    switch (json.charCodeAt(at)) {
      case QUOTE:
        at = stringEnd(json, at) - 1;
        break;
      case 123: // {
      case 91: // [
        depth += 1;
        if (depth > MAX_DEPTH) throw new RangeError(`nested deeper than ${MAX_DEPTH} levels`);
        break;
      case 125: // }
      case 93: // ]
        if (depth === 0) return at;
        depth -= 1;
        break;
      case 44: // ,
        if (depth === 0) return at;
    }
  }
  return at;
}
