/** The alerts as the file has them. Only what these tests ask of it: it is no reader of YAML. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const alertsFile = fileURLToPath(new URL('../../deploy/alerts.yml', import.meta.url));
export const alertsText = readFileSync(alertsFile, 'utf8');
export const alertNames = [...alertsText.matchAll(/^ *- alert: (\w+)$/gm)].map(([, name]) => name!);

/** Names of our metrics in an expression, without what a histogram adds to them. */
export function metricsIn(text: string): string[] {
  const names = [...text.matchAll(/\bskywire_inbox_\w+/g)].map(([name]) =>
    name.replace(/_(bucket|sum|count)$/, ''),
  );
  return [...new Set(names)];
}
