/** A post as safe HTML: our own markup, escaped text, and links to http and https only. */
import { escapeHtml } from '../http/html.ts';
import { type Attachment, attachments, replyHref, type Segment, segments } from '../reader/post.js';

export interface Shown {
  text: string;
  facets?: unknown;
  embed?: unknown;
  reply?: unknown;
}

export function contentHtml({ text, facets, embed, reply }: Shown): string {
  const answered = replyHref(reply);
  return [
    answered === undefined ? '' : `<p>In reply to ${link('this post', answered)}</p>`,
    text === '' ? '' : `<p dir="auto">${segments(text, facets).map(segmentHtml).join('')}</p>`,
    ...attachments(embed).map(attachmentHtml),
  ].join('');
}

function segmentHtml({ text, href }: Segment): string {
  return href === undefined ? lines(text) : `<a href="${escapeHtml(href)}" ${rel}>${lines(text)}</a>`;
}

const rel = 'rel="nofollow noopener noreferrer"';
const lines = (text: string): string => escapeHtml(text).replace(/\r\n?|\n/g, '<br>');
const link = (text: string, href: string): string =>
  `<a href="${escapeHtml(href)}" ${rel}>${lines(text)}</a>`;

function attachmentHtml({ kind, text, href, description }: Attachment): string {
  switch (kind) {
    case 'image':
      return `<p dir="auto">[Image${text ? `: ${lines(text)}` : ''}]</p>`;
    case 'video':
      return `<p dir="auto">[Video${text ? `: ${lines(text)}` : ''}]</p>`;
    case 'card': {
      const title = href === undefined ? lines(text) : link(text, href);
      return `<blockquote dir="auto"><p>${title}</p>${description ? `<p>${lines(description)}</p>` : ''}</blockquote>`;
    }
    case 'quote':
    case 'other':
      return `<p>[${href === undefined ? lines(text) : link(text, href)}]</p>`;
  }
}
