/** The version in package.json, which is two folders up from src/commands and three from dist/src/commands. */
import { readFileSync } from 'node:fs';

export function readVersion(): string {
  for (const up of ['../../package.json', '../../../package.json']) {
    try {
      const about = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8')) as { version?: string };
      if (about.version) return about.version;
    } catch {
      // Not here: try one folder further up.
    }
  }
  return 'unknown';
}
