/** Text with its facets, whose ranges are in bytes of UTF-8. */
export type Feature =
  | { $type: 'app.bsky.richtext.facet#link'; uri: string }
  | { $type: 'app.bsky.richtext.facet#mention'; did: string }
  | { $type: 'app.bsky.richtext.facet#tag'; tag: string };

export interface Facet {
  index: { byteStart: number; byteEnd: number };
  features: Feature[];
}

export class RichText {
  text = '';
  readonly facets: Facet[] = [];

  /** Adds a space first, except at the start of the text or a line. */
  addWord(word: string, feature?: Feature): void {
    this.add(this.text === '' || this.text.endsWith('\n') ? '' : ' ');
    this.add(word, feature);
  }

  add(text: string, feature?: Feature): void {
    const byteStart = Buffer.byteLength(this.text);
    this.text += text;
    if (!feature) return;
    const byteEnd = byteStart + Buffer.byteLength(text);
    this.facets.push({ index: { byteEnd, byteStart }, features: [feature] });
  }
}
