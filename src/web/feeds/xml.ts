/** Well-formed XML, whatever the input. */
import { escapeHtml } from '../http/html.ts';

/** XML 1.0 forbids these even escaped: control characters, U+FFFE and U+FFFF, lone surrogates. */
const forbidden = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;
/** All but the surrogates. By code units: several times faster. */
const forbiddenUnit = /[\0-\x08\v\f\x0e-\x1f\ufffe\uffff]/; // oxlint-disable-line no-control-regex

export const dropForbidden = (text: string): string =>
  forbiddenUnit.test(text) || !text.isWellFormed() ? text.replace(forbidden, '') : text;

export const xmlText = (text: string): string => escapeHtml(dropForbidden(text));

/** `name` and the attribute names are not escaped. */
export function element(name: string, text: string, attributes: Record<string, string> = {}): string {
  return `<${name}${attributesText(attributes)}>${xmlText(text)}</${name}>`;
}

export const emptyElement = (name: string, attributes: Record<string, string>): string =>
  `<${name}${attributesText(attributes)}/>`;

const attributesText = (attributes: Record<string, string>): string =>
  Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${xmlText(value)}"`)
    .join('');
