/** Elements of the reader page. Text of a post only ever becomes text nodes, never markup. */

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined && value !== null) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

export const link = (inside, href) =>
  href ? make('a', { href, target: '_blank', rel: 'nofollow noopener noreferrer' }, inside) : inside;
