/** Names of streams: lists of items, and what is said of an item. */

/** The one folder. Without `/`, `&` and `+`, which clients take apart. */
export const LABEL = 'user/-/label/Skywire';
export const LABEL_NAME = 'Skywire';
export const stateName = (name: string): string => `user/-/state/com.google/${name}`;

export interface Stream {
  /** `none`: always empty. */
  kind: 'all' | 'read' | 'unread' | 'starred' | 'feed' | 'none';
  /** As it is sent: `user/-/…`, whatever user was asked for. */
  id: string;
}

const kinds = new Map<string, Stream['kind']>([
  ['reading-list', 'all'],
  ['read', 'read'],
  ['unread', 'unread'],
  ['kept-unread', 'unread'],
  ['starred', 'starred'],
  ['broadcast', 'none'],
  ['like', 'none'],
  ['created', 'none'],
]);

/** Behind `user/<anything>/`. undefined: no such name. */
const ofUser = (text: string): string | undefined => /^user\/[^/]*\/(.+)$/s.exec(text)?.[1];
const stateIn = (text: string | undefined): string | undefined =>
  /^state\/com\.google\/(.+)$/s.exec(text ?? '')?.[1];

/** undefined: unknown, which must never be taken for everything. Whether a feed exists is not looked up. */
export function parseStream(text: string): Stream | undefined {
  if (/^feed\/\d{1,16}$/.test(text)) return { kind: 'feed', id: text };
  const inside = ofUser(text);
  if (inside === `label/${LABEL_NAME}`) return { kind: 'all', id: LABEL };
  // A state may stand alone: `reading-list`.
  const name = stateIn(inside) ?? (text.includes('/') ? undefined : text);
  const kind = kinds.get(name ?? '');
  return kind && { kind, id: stateName(name!) };
}

/** The name of a tag of an item, such as `starred`; undefined: a label, or no tag at all. */
export const parseState = (text: string): string | undefined => stateIn(ofUser(text));
