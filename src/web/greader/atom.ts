/** A stream as Atom, with what is read in categories, as newsboat up to 2.23 takes it. */
import { element, emptyElement } from '../feeds/xml.ts';
import type { greaderItem } from './item.ts';
import { stateName } from './stream-names.ts';

type GreaderItem = ReturnType<typeof greaderItem>;

const SCHEME = 'http://www.google.com/reader/';
const iso = (seconds: number): string => new Date(seconds * 1_000).toISOString();

export async function* atomParts(
  { id, title, updatedS }: { id: string; title: string; updatedS: number },
  parts: AsyncIterable<GreaderItem[]>,
): AsyncGenerator<string, void> {
  yield [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    element('id', `tag:google.com,2005:reader/${id}`),
    element('title', title),
    element('updated', iso(updatedS)),
    '',
  ].join('\n');
  for await (const items of parts) yield items.map(entry).join('');
  yield '</feed>\n';
}

function entry({ id, title, canonical, published, categories, author, summary }: GreaderItem): string {
  const isRead = categories.includes(stateName('read'));
  return [
    '<entry>',
    element('id', id),
    element('title', title),
    emptyElement('link', { rel: 'alternate', type: 'text/html', href: canonical[0]!.href }),
    element('published', iso(published)),
    element('updated', iso(published)),
    `<author>${element('name', author ?? 'unknown')}</author>`,
    state('reading-list', 'reading-list'),
    isRead ? state('read', 'read') : state('fresh', 'fresh'),
    categories.includes(stateName('starred')) ? state('starred', 'starred') : '',
    element('content', summary.content, { type: 'html' }),
    '</entry>\n',
  ].join('\n');
}

const state = (name: string, label: string): string =>
  emptyElement('category', { scheme: SCHEME, term: stateName(name), label });
