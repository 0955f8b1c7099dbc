/** XML that is well-formed whatever stands in it. */
import { escapeHtml } from '../http/html.ts';

/** What XML 1.0 forbids, in whatever spelling: control characters, U+FFFE and U+FFFF, lone surrogates. */
const forbidden = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

export const dropForbidden = (text: string): string => text.replace(forbidden, '');

export const xmlText = (text: string): string => escapeHtml(dropForbidden(text));

/** An element without children; its name and attribute names are ours. */
export function element(name: string, text: string, attributes: Record<string, string> = {}): string {
  return `<${name}${attributesText(attributes)}>${xmlText(text)}</${name}>`;
}

export const emptyElement = (name: string, attributes: Record<string, string>): string =>
  `<${name}${attributesText(attributes)}/>`;

const attributesText = (attributes: Record<string, string>): string =>
  Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${xmlText(value)}"`)
    .join('');
