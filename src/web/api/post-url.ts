/** `at://<author>/<collection>/<record key>`; Skywire leaves the record key empty today. */
const recordKey = /^at:\/\/[^/]+\/[^/]+\/([^/?#]+)$/;
const MAX_LENGTH = 512;

/** The post's page at bsky.app where the uri names it, else its author's. Whatever comes in, a link to bsky.app comes out. */
export function postUrl(uri: string, author: string): string {
  const profile = `https://bsky.app/profile/${segment(author)}`;
  const key = recordKey.exec(uri)?.[1];
  return key === undefined ? profile : `${profile}/post/${segment(key)}`;
}

/** One segment of a path; `.` and `..` would climb out of it. */
function segment(text: string): string {
  if (text.length > MAX_LENGTH || /^\.*$/.test(text)) return '';
  return encodeURIComponent(text.toWellFormed()).replaceAll('%3A', ':');
}
