/** Prepended to scripts that need the read state. */
export const readState: readonly URL[] = [
  new URL('../stream/stream-id.lua', import.meta.url),
  new URL('item.lua', import.meta.url),
  new URL('read-state.lua', import.meta.url),
];

/** Prepended to scripts that return the number of unread items. */
export const unreadCount: readonly URL[] = [...readState, new URL('read/unread-count.lua', import.meta.url)];
