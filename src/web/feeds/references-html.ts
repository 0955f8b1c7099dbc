/** The posts that a post quotes and answers, as safe HTML. */
import { escapeHtml } from '../http/html.ts';
import { authorName, type ReferenceView } from '../post/post-view.ts';

const rel = 'rel="nofollow noopener noreferrer"';
const lines = (text: string): string => escapeHtml(text).replace(/\r\n?|\n/g, '<br>');
const link = (html: string, href: string): string => `<a href="${escapeHtml(href)}" ${rel}>${html}</a>`;
/** A name from outside is isolated, whatever its direction. */
function named({ author, url }: ReferenceView, fallback: string): string {
  const name = authorName(author, '');
  return link(name === '' ? fallback : `<bdi>${lines(name)}</bdi>`, url);
}

const gone: Partial<Record<NonNullable<ReferenceView['state']>, string>> = {
  not_found: 'is no longer there',
  withdrawn: 'was withdrawn',
  blocked: 'is not shown: one of the two authors blocks the other',
  detached: 'is not shown: its author detached it',
};

/** `media`: its pictures, already HTML. */
export function quoteHtml(quote: ReferenceView, media: string): string {
  const { state, url, text = '' } = quote;
  if (state === undefined) return `<p>[${link('Quoted post', url)}]</p>`;
  if (state !== 'ok') return `<p>[A quoted post ${gone[state]}]</p>`;
  const words = text === '' ? '' : `<p dir="auto">${lines(text)}</p>`;
  return `<blockquote><p>${named(quote, 'Quoted post')}</p>${words}${media}</blockquote>`;
}

export function answeredHtml(answered: ReferenceView): string {
  const { state, text = '' } = answered;
  if (state !== undefined && state !== 'ok') return `<p>In reply to a post that ${gone[state]}</p>`;
  const head = `<p>In reply to ${named(answered, 'this post')}</p>`;
  return text === '' ? head : `${head}<blockquote><p dir="auto">${lines(text)}</p></blockquote>`;
}

const whyText: Record<string, string> = {
  deleted: 'its author deleted it',
  taken_down: 'Bluesky took it down',
  deactivated: 'its author deactivated their account',
};

/** In words, without markup. */
export const withdrawnText = (why: string): string =>
  `This post was withdrawn${whyText[why] ? `: ${whyText[why]}` : ''}.`;
