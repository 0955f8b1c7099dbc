/** Times for display. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR_2000 = Date.UTC(2000);

/** The author's time where it is plausible, else Skywire's, else that of the delivery. */
export function postedAt({ post, delivered_at }) {
  const delivered = new Date(delivered_at);
  const isPlausible = (date) => date >= YEAR_2000 && date <= delivered;
  return (
    [post.raw_record?.createdAt, post.indexed_at].map((text) => new Date(text)).find(isPlausible) ?? delivered
  );
}

export function ago(date, now = new Date()) {
  const ms = now - date;
  if (ms < MINUTE) return 'now';
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}m`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)}h`;
  if (ms < 7 * DAY) return `${Math.floor(ms / DAY)}d`;
  const isThisYear = date.getFullYear() === now.getFullYear();
  return date.toLocaleDateString(undefined, {
    day: 'numeric',
    month: 'short',
    ...(!isThisYear && { year: 'numeric' }),
  });
}

export const inFull = (date) => date.toLocaleString(undefined, { dateStyle: 'long', timeStyle: 'short' });
