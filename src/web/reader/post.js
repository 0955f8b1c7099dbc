/**
 * The text of a post and what its labels ask for, safe to show: shared by the feeds (on the server) and the reader page (in the browser), hence plain
 * JavaScript. Never throws, whatever a record contains.
 */

/** @typedef {{ text: string, href?: string }} Segment */

const MAX_HREF = 2_000;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * The text as segments, some of them links. A facet is a byte range of the UTF-8 text; it is ignored if it is out of range, splits
 * a character, overlaps an earlier one or has no safe link.
 * @param {string} text @param {unknown} facets @returns {Segment[]}
 */
export function segments(text, facets) {
  const meant = (Array.isArray(facets) ? facets : [])
    .map((facet) => ({
      from: facet?.index?.byteStart,
      to: facet?.index?.byteEnd,
      href: hrefOf(facet?.features),
    }))
    .filter(({ href }) => href !== undefined);
  if (meant.length === 0) return text === '' ? [] : [{ text: text.toWellFormed() }];
  const bytes = encoder.encode(text);
  const links = meant.filter(({ from, to }) => isRange(bytes, from, to)).sort((a, b) => a.from - b.from);
  /** @type {Segment[]} */
  const found = [];
  let at = 0;
  for (const { from, to, href } of links) {
    if (from < at) continue;
    if (from > at) found.push({ text: decoder.decode(bytes.subarray(at, from)) });
    found.push({ text: decoder.decode(bytes.subarray(from, to)), href });
    at = to;
  }
  if (at < bytes.length) found.push({ text: decoder.decode(bytes.subarray(at)) });
  return found;
}

/** @param {Uint8Array} bytes @param {unknown} from @param {unknown} to */
function isRange(bytes, from, to) {
  const isEdge = (at) => at === bytes.length || (bytes[at] & 0xc0) !== 0x80;
  return (
    Number.isInteger(from) &&
    Number.isInteger(to) &&
    from >= 0 &&
    from < to &&
    to <= bytes.length &&
    isEdge(from) &&
    isEdge(to)
  );
}

/** @param {unknown} features @returns {string | undefined} */
function hrefOf(features) {
  for (const feature of Array.isArray(features) ? features : []) {
    const { $type, uri, did, tag } = feature ?? {};
    const href =
      $type === 'app.bsky.richtext.facet#link'
        ? safeHref(uri)
        : $type === 'app.bsky.richtext.facet#mention'
          ? profileHref(did)
          : $type === 'app.bsky.richtext.facet#tag' && typeof tag === 'string' && tag.length <= 640
            ? tagHref(tag)
            : undefined;
    if (href !== undefined) return href;
  }
  return undefined;
}

/**
 * The normalized URL if it is safe to link to: http or https, without user name and password.
 * @param {unknown} uri @returns {string | undefined}
 */
export function safeHref(uri) {
  if (typeof uri !== 'string' || uri.length > MAX_HREF || !URL.canParse(uri)) return undefined;
  const { protocol, username, password, href } = new URL(uri);
  if ((protocol !== 'https:' && protocol !== 'http:') || username || password) return undefined;
  return href;
}

const did = /^did:[a-z]+:[A-Za-z0-9._:-]{1,200}$/;

/** @param {unknown} author @returns {string | undefined} */
export const profileHref = (author) =>
  typeof author === 'string' && did.test(author) ? `https://bsky.app/profile/${author}` : undefined;

/** @param {string} tag @returns {string} */
export const tagHref = (tag) => `https://bsky.app/hashtag/${encodeURIComponent(tag.toWellFormed())}`;

/**
 * What labels ask for. `covers`: what waits behind a click and stands in no feed; `everything` waits behind no click either: of such
 * a post only author and link are shown.
 * @param {readonly {val: string}[]} labels @returns {{ covers: 'nothing' | 'media' | 'post' | 'everything', why: string[] }}
 */
export function coverOf(labels) {
  const levels = /** @type {const} */ (['everything', 'post', 'media']);
  for (const covers of levels) {
    const why = labels.map(({ val }) => val).filter((val) => covering[covers].includes(val));
    if (why.length > 0) return { covers, why: [...new Set(why)] };
  }
  return { covers: 'nothing', why: [] };
}

const covering = {
  everything: ['!hide', '!no-unauthenticated'],
  post: ['!warn'],
  media: ['porn', 'sexual', 'graphic-media'],
};
