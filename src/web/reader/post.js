/**
 * The content of a post, safe to show: shared by the feeds (on the server) and the reader page (in the browser), hence plain
 * JavaScript. Never throws, whatever a record contains.
 */

/** @typedef {{ text: string, href?: string }} Segment */
/** @typedef {{ kind: 'image' | 'video' | 'card' | 'quote' | 'other', text: string, href?: string, description?: string }} Attachment */

const MAX_HREF = 2_000;
const MAX_ATTACHMENTS = 20;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * The text as segments, some of them links. A facet is a byte range of the UTF-8 text; it is ignored if it is out of range, splits
 * a character, overlaps an earlier one or has no safe link.
 * @param {string} text @param {unknown} facets @returns {Segment[]}
 */
export function segments(text, facets) {
  const bytes = encoder.encode(text);
  const links = (Array.isArray(facets) ? facets : [])
    .map((facet) => ({
      from: facet?.index?.byteStart,
      to: facet?.index?.byteEnd,
      href: hrefOf(facet?.features),
    }))
    .filter(({ from, to, href }) => href !== undefined && isRange(bytes, from, to))
    .sort((a, b) => a.from - b.from);
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
            ? `https://bsky.app/hashtag/${encodeURIComponent(tag.toWellFormed())}`
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
const profileHref = (author) =>
  typeof author === 'string' && did.test(author) ? `https://bsky.app/profile/${author}` : undefined;

const record = /^at:\/\/(did:[a-z]+:[A-Za-z0-9._:-]{1,200})\/([a-zA-Z.]{1,100})\/([A-Za-z0-9._~:-]{1,512})$/;
/** @type {Record<string, [name: string, place: string]>} */
const places = {
  'app.bsky.feed.post': ['Quoted post', 'post'],
  'app.bsky.feed.generator': ['Feed', 'feed'],
  'app.bsky.graph.list': ['List', 'lists'],
};

/** @param {unknown} uri of a record @returns {Attachment} */
function reference(uri) {
  const [, author, collection, key] = (typeof uri === 'string' && record.exec(uri)) || [];
  const place = collection && Object.hasOwn(places, collection) ? places[collection] : undefined;
  if (!place) return { kind: 'other', text: 'Embedded record', href: author && profileHref(author) };
  return { kind: 'quote', text: place[0], href: `https://bsky.app/profile/${author}/${place[1]}/${key}` };
}

/** The page of the post replied to. @param {any} reply @returns {string | undefined} */
export function replyHref(reply) {
  const { kind, href } = reference(reply?.parent?.uri);
  return kind === 'quote' ? href : undefined;
}

/** Pictures as their alt text, cards, quotes. @param {any} embed @returns {Attachment[]} */
export function attachments(embed) {
  const type = typeof embed?.$type === 'string' ? embed.$type : '';
  switch (type) {
    case '':
      return [];
    case 'app.bsky.embed.images':
      return list(embed.images).map((image) => ({ kind: 'image', text: textOf(image?.alt) }));
    case 'app.bsky.embed.video':
      return [{ kind: 'video', text: textOf(embed.alt) }];
    case 'app.bsky.embed.external': {
      const { uri, title, description } = embed.external ?? {};
      const href = safeHref(uri);
      return [
        { kind: 'card', text: textOf(title) || href || 'Link', href, description: textOf(description) },
      ];
    }
    case 'app.bsky.embed.record':
      return [reference(embed.record?.uri)];
    case 'app.bsky.embed.recordWithMedia':
      return [
        ...(embed.media?.$type === type ? [] : attachments(embed.media)),
        reference(embed.record?.record?.uri ?? embed.record?.uri),
      ];
    default:
      return [{ kind: 'other', text: `Attachment: ${type.slice(0, 100)}` }];
  }
}

/** @param {unknown} value @returns {any[]} */
const list = (value) => (Array.isArray(value) ? value.slice(0, MAX_ATTACHMENTS) : []);
/** @param {unknown} value @returns {string} */
const textOf = (value) => (typeof value === 'string' ? value.trim() : '');
