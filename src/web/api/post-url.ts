/** `at://<author>/app.bsky.feed.post/<record key>`; Skywire currently leaves the record key empty. */
const recordKey = /^at:\/\/([^/]+)\/app\.bsky\.feed\.post\/((?!\.{1,2}$)[^/?#]+)$/;
const MAX_LENGTH = 512;

/** The post's page at bsky.app, or its author's if the uri has no record key. Always a bsky.app link, whatever the input. */
export function postUrl(uri: string, author: string): string {
  const profile = `https://bsky.app/profile/${segment(author)}`;
  // A record may name the post of another author.
  const [, authority, key] = recordKey.exec(uri) ?? [];
  return key === undefined || authority !== author ? profile : `${profile}/post/${segment(key)}`;
}

/** As nearly all are: encoding costs more than the rest of an address. */
const plain = /^[A-Za-z0-9:._-]+$/;

/** One path segment; `.` and `..` would be resolved away. */
function segment(text: string): string {
  if (text.length > MAX_LENGTH || /^\.*$/.test(text)) return '';
  if (plain.test(text)) return text;
  return encodeURIComponent(text.toWellFormed()).replaceAll('%3A', ':');
}
