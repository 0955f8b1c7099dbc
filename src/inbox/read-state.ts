/** What comes before a script that knows what is read. */
export const readState: readonly URL[] = [
  new URL('../stream/stream-id.lua', import.meta.url),
  new URL('item.lua', import.meta.url),
  new URL('read-state.lua', import.meta.url),
];

/** What comes before a script that returns the number of unread items. */
export const unreadCount: readonly URL[] = [...readState, new URL('read/unread-count.lua', import.meta.url)];
