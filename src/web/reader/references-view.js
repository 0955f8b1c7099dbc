/** Who wrote a post, what it quotes and what it answers, as far as it is known. Names are text, each with its own direction. */
import { link, make } from './dom.js';
import { mediaView } from './media-view.js';

/** @param author as the API has it; undefined or without a name: `fallback` */
export function authorView(author, fallback, href) {
  const name = author?.display_name ?? (author?.handle ? `@${author.handle}` : undefined);
  const shown = link(make('bdi', {}, name ?? fallback), href);
  if (!author?.handle || !author.display_name) return [shown];
  return [shown, ' ', make('span', { class: 'handle' }, `@${author.handle}`)];
}

const gone = {
  not_found: 'is not there any more',
  withdrawn: 'was withdrawn',
  blocked: 'is not shown: one of the two authors blocks the other',
  detached: 'is not shown: its author detached it',
};

export function quoteView({ url, author, text = '', media = [], state }) {
  if (state === undefined) return make('p', {}, '[', link('Quoted post', url), ']');
  if (state !== 'ok') return make('p', {}, `[A quoted post ${gone[state]}]`);
  return make(
    'blockquote',
    {},
    make('p', {}, ...authorView(author, 'Quoted post', url)),
    make('p', { class: 'text', dir: 'auto' }, text),
    ...mediaView(media, []),
  );
}

export function answeredView({ url, author, text = '', state }) {
  if (state !== undefined && state !== 'ok') return [make('p', {}, `In reply to a post that ${gone[state]}`)];
  const head = make('p', {}, 'In reply to ', ...authorView(author, 'this post', url));
  return text === '' ? [head] : [head, make('blockquote', { class: 'text', dir: 'auto' }, text)];
}

const why = {
  deleted: ': its author deleted it',
  taken_down: ': Bluesky took it down',
  deactivated: ': its author deactivated their account',
};
export const withdrawnText = (withdrawn) => `This post was withdrawn${why[withdrawn.why] ?? ''}.`;
