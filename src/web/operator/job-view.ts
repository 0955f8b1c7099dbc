import { type QueueTraits, spellOut } from '../../../queues/index.ts';

import { redact } from './redact.ts';

const MAX_TEXT = 2_000;
const MAX_LIST = 20;
const MAX_MEMBERS = 50;
const MAX_DEPTH = 8;
/** Length of the JSON, not counting the notes on what was left out. */
const MAX_BYTES = 19_000;

/** Control characters except line breaks and tabs, and bidi controls. */
const invisible = /(?![\t\r\n])[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** `isWhole`: shown unchanged and in full. */
export function viewJob(
  data: unknown,
  queue?: Pick<QueueTraits, 'readable'>,
): { shown: unknown; isWhole: boolean } {
  const readable = queue?.readable?.(data);
  const view = { bytesLeft: MAX_BYTES, isWhole: readable === undefined };
  return { shown: shown(readable ?? data, view, 0), isWhole: view.isWhole };
}

interface View {
  bytesLeft: number;
  isWhole: boolean;
}

function shown(value: unknown, view: View, depth: number): unknown {
  if (typeof value === 'string') return shownText(value, view);
  if (typeof value !== 'object' || value === null) {
    view.bytesLeft -= 24;
    return value;
  }
  if (depth === MAX_DEPTH) return note(view, 'nested deeper');
  return Array.isArray(value) ? shownList(value, view, depth) : shownMembers(value, view, depth);
}

function shownText(text: string, view: View): string {
  let cut = text.slice(0, MAX_TEXT);
  while (bytesOf(visible(cut)) > Math.max(view.bytesLeft, 50)) cut = cut.slice(0, cut.length / 2);
  const seen = visible(redact(cut));
  view.bytesLeft -= bytesOf(seen);
  if (seen !== cut) view.isWhole = false;
  return cut.length === text.length
    ? seen
    : `${seen}${note(view, `${text.length - cut.length} more characters`)}`;
}

const visible = (text: string): string => text.toWellFormed().replace(invisible, spellOut);

function shownList(list: readonly unknown[], view: View, depth: number): unknown[] {
  const some: unknown[] = [];
  for (const one of list) {
    if (some.length === MAX_LIST || view.bytesLeft <= 0) {
      return [...some, note(view, `${list.length - some.length} more, ${list.length} in all`)];
    }
    some.push(shown(one, view, depth + 1));
  }
  return some;
}

function shownMembers(object: object, view: View, depth: number): object {
  const members = Object.entries(object);
  const some: [string, unknown][] = [];
  for (const [name, value] of members) {
    if (some.length === MAX_MEMBERS || view.bytesLeft <= 0) {
      some.push(['…', note(view, `${members.length - some.length} more members`)]);
      break;
    }
    some.push([shownText(name, view), shown(value, view, depth + 1)]);
  }
  return Object.fromEntries(some);
}

function note(view: View, what: string): string {
  view.isWhole = false;
  return `… (${what})`;
}

const bytesOf = (text: string): number => Buffer.byteLength(JSON.stringify(text)) + 1;
