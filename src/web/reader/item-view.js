/** Renders items, from the fields of the API. */
import { link, make } from './dom.js';
import { mediaView } from './media-view.js';
import { coverOf, segments, tagHref } from './post.js';
import { answeredView, authorView, quoteView, withdrawnText } from './references-view.js';

/** What the post says, shows, quotes and answers. */
function contentOf({ post, media = [], quote, reply_to, labels = [], tags = [], withdrawn }) {
  if (post.gone) return [textView(['This post is no longer kept.'])];
  if (withdrawn) return [textView([withdrawnText(withdrawn)])];
  const { covers, why } = coverOf(labels);
  const notice = `Not shown here: labelled ${why.join(', ')}.`;
  if (covers === 'everything') return [make('p', {}, link(notice, post.url))];
  const record = post.raw_record ?? {};
  const text = typeof record.text === 'string' ? record.text : post.text;
  const content = () => [
    ...(reply_to ? answeredView(reply_to) : []),
    textView(segments(text, record.facets).map((one) => link(one.text, one.href))),
    ...mediaView(media, covers === 'media' ? why : []),
    ...(quote ? [quoteView(quote)] : []),
    ...(tags.length > 0
      ? [make('p', { dir: 'auto' }, ...tags.flatMap((tag) => [link(`#${tag}`, tagHref(tag)), ' ']))]
      : []),
  ];
  if (covers === 'nothing' || covers === 'media') return content();
  const place = make('div', {}, make('button', {}, `Show a post labelled ${why.join(', ')}`));
  place.firstChild.addEventListener('click', () => place.replaceChildren(...content()));
  return [place];
}

const textView = (words) => make('p', { class: 'text' }, ...words);

export function articleOf(item, inbox) {
  const { post, matched_by, delivered_at } = item;
  const names = matched_by
    .filter((match) => match.subscription_id !== inbox)
    .map((match) => match.title ?? match.subscription_id);
  const article = make(
    'article',
    { tabindex: '-1', 'data-id': item.id },
    make(
      'div',
      { class: 'about' },
      make(
        'span',
        { class: 'author' },
        ...authorView(item.author, post.author.slice(0, 60) || 'unknown', post.url),
      ),
      make('time', { datetime: delivered_at, title: delivered_at }, new Date(delivered_at).toLocaleString()),
    ),
    ...contentOf(item),
    make('div', { class: 'matched' }, names.join(', ')),
    make(
      'div',
      { class: 'actions' },
      make('button', { class: 'mark', 'data-do': 'mark' }),
      make('button', { class: 'star', 'data-do': 'star' }),
      make('button', { 'data-do': 'open' }, 'Open'),
    ),
  );
  const entry = { item, article };
  paint(entry);
  return entry;
}

/** In its place, with what is known now. */
export function renewed({ item: { read, starred }, article }, item, inbox) {
  const entry = articleOf({ ...item, read, starred }, inbox);
  entry.article.className = article.className;
  const hadFocus = article.contains(document.activeElement);
  article.replaceWith(entry.article);
  if (hadFocus) entry.article.focus({ preventScroll: true });
  return entry;
}

export function paint({ item, article }) {
  article.classList.toggle('read', item.read);
  article.querySelector('.mark').textContent = item.read ? 'Mark unread' : 'Mark read';
  const star = article.querySelector('.star');
  star.textContent = item.starred ? '★ Starred' : '☆ Star';
  star.setAttribute('aria-pressed', String(item.starred));
}
