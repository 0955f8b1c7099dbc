/** What the page shows, according to its address: `#unread=1`, `#subscription=…&q=…`, with the API's parameter names. */

const PARTS = ['unread', 'starred', 'subscription', 'q'];
const MOST = 500;

/** As the API's parameters; all of the inbox: ''. */
export function viewIn(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const view = new URLSearchParams();
  for (const part of PARTS) {
    const value = given.get(part)?.trim().slice(0, MOST);
    if (value) view.set(part, value);
  }
  return view.toString();
}

/** The parts of a view by name. */
export const partsOf = (view) => Object.fromEntries(new URLSearchParams(view));

/** The view with these parts changed; undefined: without that part. */
export const withParts = (view, parts) =>
  viewIn(
    new URLSearchParams(
      Object.entries({ ...partsOf(view), ...parts }).filter(([, value]) => value !== undefined),
    ).toString(),
  );

export function titleOf(view, titleOfSubscription) {
  const { unread, starred, subscription, q } = partsOf(view);
  const where =
    subscription !== undefined
      ? titleOfSubscription(subscription)
      : unread
        ? 'Unread'
        : starred
          ? 'Starred'
          : 'All';
  return q === undefined ? where : `“${q}” in ${where}`;
}

/** Whether an arriving item belongs to the view. undefined: only the server can tell. */
export function belongsInto(view, item) {
  const { starred, subscription, q } = partsOf(view);
  if (starred || q !== undefined) return undefined;
  return (
    subscription === undefined || item.matched_by.some((match) => match.subscription_id === subscription)
  );
}
