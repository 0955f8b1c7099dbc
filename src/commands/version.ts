/** The version in package.json, which stands above `src` as above `dist/src`. */
import { readFileSync } from 'node:fs';

export function readVersion(): string {
  for (const up of ['../../package.json', '../../../package.json']) {
    try {
      const about = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8')) as { version?: string };
      if (about.version) return about.version;
    } catch {
      // Not there: one folder further up.
    }
  }
  return 'unknown';
}
