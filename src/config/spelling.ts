/** Problems with variables that look like misspelt settings. */
export function unknownNames(env: Record<string, string | undefined>, known: readonly string[]): string[] {
  return Object.keys(env).flatMap((name) => {
    const value = env[name]?.trim();
    if (known.includes(name) || !value || isServiceLink(name, value)) return [];
    const near = misspelt(name, known);
    return near ? [`${name}: no such setting; did you mean ${near}?`] : [];
  });
}

/**
 * Kubernetes and Docker set INBOX_SERVICE_HOST, INBOX_PORT=tcp://… and more for a service named `inbox`; for one named `relay` or
 * `health` they set RELAY_PORT or HEALTH_PORT, which are settings.
 */
export function isServiceLink(name: string, value: string): boolean {
  return (
    /_SERVICE_(HOST|PORT)|_PORT_\d+_(TCP|UDP|SCTP)/.test(name) ||
    (name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value))
  );
}

/** Prefixes of our own: any unknown name with one is a mistake. Heroku sets REDIS_TLS_URL. */
const ours = /^(SKYWIRE_RELAY_|DELIVERY_|INBOX_|REDIS_TLS_(?!URL$)|STREAM_RETENTION|WORKER_CONC|MAX_WAITING)/;

/** The setting that was probably meant: by prefix, or within two edits; fewer for short names, which resemble others: NPM_TOKEN, SORT. */
function misspelt(name: string, known: readonly string[]): string | undefined {
  return nearestName(name, known, ours.test(name) ? () => Number.POSITIVE_INFINITY : likelyEdits);
}

const likelyEdits = ({ length }: string): number => (length < 6 ? 0 : length < 10 ? 1 : 2);

/** The known name with the fewest edits, if they are few enough. */
export function nearestName(
  name: string,
  known: readonly string[],
  mostEdits: (candidate: string) => number = () => 2,
): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, edits: editDistance(name.toUpperCase(), candidate.toUpperCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const [best] = ranked;
  return best && best.edits <= mostEdits(best.candidate) ? best.candidate : undefined;
}

/** Deletions, insertions, substitutions, and swaps of adjacent characters. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? before[j - 2]! + 1 : replaced;
      next.push(Math.min(replaced, swapped, row[j]! + 1, next[j - 1]! + 1));
    }
    [before, row] = [row, next];
  }
  return row[b.length]!;
}
