/** Renders items. Text of a post only ever becomes text nodes, never markup. */
import { attachments, replyHref, segments } from './post.js';

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined) element.setAttribute(key, value);
  element.append(...children);
  return element;
}
const link = (text, href) =>
  href ? make('a', { href, target: '_blank', rel: 'nofollow noopener noreferrer' }, text) : text;

function attachmentView({ kind, text, href, description }) {
  if (kind === 'card')
    return make(
      'blockquote',
      { dir: 'auto' },
      make('p', {}, link(text, href)),
      make('p', {}, description ?? ''),
    );
  const label =
    kind === 'image' || kind === 'video'
      ? `${kind === 'image' ? 'Image' : 'Video'}${text ? `: ${text}` : ''}`
      : text;
  return make('p', { dir: 'auto' }, '[', link(label, href), ']');
}

export function articleOf(item, inbox) {
  const { post, matched_by, delivered_at } = item;
  const record = post.raw_record ?? {};
  const text = typeof record.text === 'string' ? record.text : post.text;
  const answers = replyHref(record.reply);
  const words = post.gone
    ? ['This post is no longer kept.']
    : segments(text, record.facets).map((one) => link(one.text, one.href));
  const names = matched_by.map((match) => match.subscription_id).filter((id) => id !== inbox);
  const article = make(
    'article',
    { tabindex: '-1', 'data-id': item.id },
    make(
      'div',
      { class: 'about' },
      make('span', { class: 'author' }, link(post.author.slice(0, 60) || 'unknown', post.url)),
      make('time', { datetime: delivered_at, title: delivered_at }, new Date(delivered_at).toLocaleString()),
    ),
    ...(answers ? [make('p', {}, 'In reply to ', link('this post', answers))] : []),
    make('p', { class: 'text' }, ...words),
    ...attachments(record.embed).map(attachmentView),
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

export function paint({ item, article }) {
  article.classList.toggle('read', item.read);
  article.querySelector('.mark').textContent = item.read ? 'Mark unread' : 'Mark read';
  const star = article.querySelector('.star');
  star.textContent = item.starred ? '★ Starred' : '☆ Star';
  star.setAttribute('aria-pressed', String(item.starred));
}
