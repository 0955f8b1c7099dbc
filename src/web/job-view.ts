/** A job's data as the dashboard shows it: cut, so that a page of hundred jobs stays a page. */
const MAX_TEXT = 2_000;
const MAX_LIST = 20;
const MAX_MEMBERS = 50;
const MAX_DEPTH = 8;
/** Of JSON. The notes on what was left out come on top. */
const MAX_BYTES = 19_000;

/** The data, and whether anything of it is left out. */
export function viewJob(data: unknown): { shown: unknown; isCut: boolean } {
  const view = { bytesLeft: MAX_BYTES, isCut: false };
  return { shown: shown(data, view, 0), isCut: view.isCut };
}

interface View {
  bytesLeft: number;
  isCut: boolean;
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
  while (bytesOf(cut) > Math.max(view.bytesLeft, 50)) cut = cut.slice(0, cut.length / 2);
  view.bytesLeft -= bytesOf(cut);
  if (cut.length === text.length) return text;
  return `${cut.toWellFormed()}${note(view, `${text.length - cut.length} more characters`)}`;
}

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
  view.isCut = true;
  return `… (${what})`;
}

const bytesOf = (text: string): number => Buffer.byteLength(JSON.stringify(text)) + 1;
