/** What comes before a script that knows what is read. */
export const readState: readonly URL[] = [
  new URL('../stream/stream-id.lua', import.meta.url),
  new URL('read-state.lua', import.meta.url),
];
