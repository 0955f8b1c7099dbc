/** Other posts: those that an item quotes and answers, as far as known. */
import { authorView, avatarView, nameOf, noteView } from './author-view.js';
import { link, make } from './dom.js';
import { mediaView } from './media-view.js';

const missing = {
  not_found: 'is no longer there',
  withdrawn: 'was withdrawn',
  blocked: 'is not shown: one of the two authors blocks the other',
  detached: 'was detached by its author',
};

export function quoteView({ url, author = {}, text, media = [], state }) {
  if (missing[state]) return noteView('hidden', `The quoted post ${missing[state]}.`);
  return make(
    'blockquote',
    { class: 'quote' },
    make(
      'div',
      { class: 'about' },
      avatarView(author),
      authorView(author),
      make('span', { class: 'when' }, link('Quoted post', url)),
    ),
    ...(text ? [make('p', { class: 'said', dir: 'auto' }, text)] : []),
    ...mediaView(media),
  );
}

export function answerView({ url, author = {}, text, state }) {
  if (missing[state]) return noteView('reply', `In reply to a post that ${missing[state]}.`);
  const who = make('bdi', {}, nameOf(author));
  return noteView(
    'reply',
    'In reply to ',
    link(who, url),
    ...(text ? [make('bdi', { class: 'answered', dir: 'auto' }, text)] : []),
  );
}
