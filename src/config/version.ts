/** The version in package.json, which is two folders up from src/config and three from dist/src/config. */
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
