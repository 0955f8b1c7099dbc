/** A picture of an entry in addition to its content (Media RSS), for RSS and Atom. */
import { element, xmlText } from './xml.ts';

export const mediaContent = ({ url, alt }: { url: string; alt: string }): string =>
  `<media:content url="${xmlText(url)}" medium="image" type="image/jpeg">${
    alt === '' ? '' : element('media:title', alt, { type: 'plain' })
  }</media:content>`;
