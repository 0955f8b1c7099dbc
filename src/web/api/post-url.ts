/** `at://<author>/<collection>/<record key>`; Skywire currently leaves the record key empty. */
const recordKey = /^at:\/\/[^/]+\/[^/]+\/([^/?#]+)$/;
const MAX_LENGTH = 512;

/** The post's page at bsky.app, or its author's if the uri has no record key. Always a bsky.app link, whatever the input. */
export function postUrl(uri: string, author: string): string {
  const profile = `https://bsky.app/profile/${segment(author)}`;
  const key = recordKey.exec(uri)?.[1];
  return key === undefined ? profile : `${profile}/post/${segment(key)}`;
}

/** One path segment; `.` and `..` would be resolved away. */
function segment(text: string): string {
  if (text.length > MAX_LENGTH || /^\.*$/.test(text)) return '';
  return encodeURIComponent(text.toWellFormed()).replaceAll('%3A', ':');
}
