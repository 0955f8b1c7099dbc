/** The own Redis server cannot be used. The message says what is wrong, where, and what to do about it; no secret stands in it. */
export class OwnServerError extends Error {
  override name = 'OwnServerError';
}
