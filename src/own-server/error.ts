/** The embedded Redis cannot be used. The message says what is wrong and how to fix it, without secrets. */
export class OwnServerError extends Error {
  override name = 'OwnServerError';
}
