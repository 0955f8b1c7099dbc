/** Renders items, from the fields of the API. */
import { authorView, avatarView, nameOf, noteView, timeView } from './author-view.js';
import { link, make } from './dom.js';
import { icon } from './icons.js';
import { coverView, mediaView } from './media-view.js';
import { coverOf, segments, tagHref } from './post.js';
import { answerView, quoteView } from './reference-view.js';
import { withParts } from './view.js';
import { inFull, postedAt } from './when.js';

const withdrawals = {
  deleted: 'Deleted by its author.',
  taken_down: 'Taken down by Bluesky.',
  deactivated: 'The account of its author is deactivated.',
};

/** The post's text, media, quoted and answered posts. */
function contentOf(item) {
  const { post, media = [], quote, reply_to, labels = [], tags = [], withdrawn } = item;
  if (post.gone) return [noteView('hidden', 'This post is no longer kept.')];
  if (withdrawn) return [noteView('hidden', withdrawals[withdrawn.why] ?? 'No longer on Bluesky.')];
  const { covers, why } = coverOf(labels);
  if (covers === 'everything')
    return [noteView('hidden', link(`Not shown here: labelled ${why.join(', ')}.`, post.url))];
  const record = post.raw_record ?? {};
  const text = typeof record.text === 'string' ? record.text : post.text;
  const content = () => [
    ...(reply_to ? [answerView(reply_to)] : []),
    ...(text ? [textView(segments(text, record.facets).map((one) => link(one.text, one.href)))] : []),
    ...mediaView(media, covers === 'media' ? why : []),
    ...(quote ? [quoteView(quote)] : []),
    ...(tags.length > 0
      ? [
          make(
            'p',
            { class: 'tags', dir: 'auto' },
            ...tags.flatMap((tag) => [link(`#${tag}`, tagHref(tag)), ' ']),
          ),
        ]
      : []),
  ];
  if (covers !== 'post') return content();
  const place = make('div', {});
  place.append(
    coverView(`Show a post labelled ${why.join(', ')}`, () => place.replaceChildren(...content())),
  );
  return [place];
}

const textView = (words) => make('p', { class: 'text' }, ...words);

/** `inbox`: its name, not repeated as a subscription's; `titleOf`: the title of a subscription. */
export function articleOf(item, { inbox, titleOf }) {
  const { post, matched_by, delivered_at } = item;
  const author = { did: post.author, ...item.author };
  const posted = postedAt(item);
  const isHidden = coverOf(item.labels ?? []).covers === 'everything';
  const when = `${inFull(posted)}\nDelivered ${inFull(new Date(delivered_at))}`;
  const article = make(
    'article',
    { tabindex: '-1', 'data-id': item.id, 'aria-label': nameOf(author) },
    avatarView(author, isHidden),
    make(
      'div',
      { class: 'body' },
      make(
        'div',
        { class: 'about' },
        authorView(author),
        make('span', { class: 'when' }, timeView(posted, post.url, when)),
      ),
      ...contentOf(item),
      make(
        'div',
        { class: 'foot' },
        make('span', { class: 'matched' }, ...matchedViews(matched_by, inbox, titleOf)),
        make('button', { class: 'mark quiet', 'data-do': 'mark' }),
        make(
          'button',
          { class: 'star quiet', 'data-do': 'star', title: 'Star (s)', 'aria-label': 'Star' },
          icon('star'),
        ),
        openView(post.url),
      ),
    ),
  );
  const entry = { item, article };
  paint(entry);
  return entry;
}

function openView(url) {
  const view = link(icon('open'), url);
  for (const [key, value] of Object.entries({
    class: 'quiet',
    'data-do': 'opened',
    title: 'Open on Bluesky (o)',
    'aria-label': 'Open on Bluesky',
  }))
    view.setAttribute(key, value);
  return view;
}

const matchedViews = (matches, inbox, titleOf) =>
  matches
    .filter(({ subscription_id: id }) => id !== inbox)
    .map(({ subscription_id: id, title }) =>
      make(
        'a',
        { href: `#${withParts('', { subscription: id })}`, title: id },
        make('bdi', {}, title || titleOf(id)),
      ),
    );

export function paint({ item, article }) {
  article.classList.toggle('read', item.read);
  const mark = article.querySelector('.mark');
  const words = item.read ? 'Mark unread' : 'Mark read';
  mark.setAttribute('aria-label', words);
  mark.title = `${words} (m)`;
  mark.replaceChildren(icon(item.read ? 'unread' : 'check'));
  article.querySelector('.star').setAttribute('aria-pressed', String(item.starred));
}
