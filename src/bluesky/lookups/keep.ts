/** Stores what a lookup found, frees its names, and announces what has changed to the readers. */
import type { LookupOutcome } from '../../../processors/index.ts';
import type { Asked } from '../asked/asked.ts';
import type { News } from '../asked/news.ts';
import type { Entries, Name } from '../known/entries.ts';
import type { Known } from '../known/known.ts';

/** New entries, and an outcome for each requested name, in order. */
export interface Result {
  entries: Entries;
  outcomes: [name: Name, outcome: LookupOutcome][];
}

export interface KeepDeps {
  known: Known;
  asked: Pick<Asked, 'release'>;
  tell(news: News): Promise<void>;
}

export async function keep({ known, asked, tell }: KeepDeps, { entries, outcomes }: Result): Promise<void> {
  const before = await known.read([...entries.keys()]);
  const changed: Name[] = [];
  for (const [name, entry] of entries) {
    const old = before.entries.get(name);
    const isChanged = !isSame(old, entry);
    if (isChanged) changed.push(name);
    entry.since = isChanged ? before.nowMs : (old?.since ?? before.nowMs);
  }
  const isKept = await known.write(entries);
  const failed = outcomes.flatMap(([name, outcome]) => (outcome === 'failed' || !isKept ? [name] : []));
  const names = outcomes.map(([name]) => name);
  await asked.release(names, failed);
  await tell({ answered: names, changed });
}

const isSame = (one: object | undefined, other: object): boolean =>
  JSON.stringify({ ...one, at: 0, since: 0 }) === JSON.stringify({ ...other, at: 0, since: 0 });
