/** A feed reader at the Google Reader API: sends what a test says, and is as strict as the strictest client with what comes back. */
import { z } from 'zod';
import { web } from '../use-web.ts';
import { type Answer, asReader } from '../web.ts';

export const state = (name: string): string => `user/-/state/com.google/${name}`;
export const LABEL = 'user/-/label/Skywire';
export const LONG = 'tag:google.com,2005:reader/item/';
const FORM = 'application/x-www-form-urlencoded';

export type Fields = Record<string, string | readonly string[]>;
export function form(fields: Fields): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(fields))
    for (const one of [value].flat()) params.append(name, one);
  return params.toString();
}

export async function makeToken(inbox: string): Promise<{ token: string; id: string; greader: string }> {
  const path = `/api/inboxes/${encodeURIComponent(inbox)}/feed-tokens`;
  const { json } = await web.ask('POST', path, asReader, { label: 'greader' });
  return { token: json.token, id: json.id, greader: json.urls.greader };
}

const text = z.string().min(1);
const usec = z.string().regex(/^\d+$/);
const href = z.url();
export const itemSchema = z.strictObject({
  id: z.string().regex(/^tag:google\.com,2005:reader\/item\/[0-9a-f]{16}$/),
  crawlTimeMsec: usec,
  timestampUsec: usec,
  published: z.int(),
  updated: z.int(),
  title: text,
  canonical: z.tuple([z.strictObject({ href })]),
  alternate: z.tuple([z.strictObject({ href, type: z.literal('text/html') })]),
  categories: z.array(text).min(2),
  origin: z.strictObject({ streamId: z.string().regex(/^feed\/\d+$/), htmlUrl: href, title: text }),
  summary: z.strictObject({ content: z.string() }),
  author: text.optional(),
});
export type GreaderItem = z.output<typeof itemSchema>;
const contentsSchema = z.strictObject({
  id: text,
  updated: z.int(),
  items: z.array(itemSchema),
  continuation: usec.optional(),
});
const idsSchema = z.strictObject({
  itemRefs: z.array(z.strictObject({ id: usec })),
  continuation: usec.optional(),
});
const feedsSchema = z.strictObject({
  subscriptions: z
    .array(
      z.strictObject({
        id: z.string().regex(/^feed\/\d+$/),
        title: text,
        categories: z.tuple([z.strictObject({ id: z.literal(LABEL), label: z.literal('Skywire') })]),
        url: href,
        htmlUrl: href,
        iconUrl: z.literal(''),
      }),
    )
    .min(1),
});
const countsSchema = z.strictObject({
  max: z.int(),
  unreadcounts: z.array(z.strictObject({ id: text, count: z.int(), newestItemTimestampUsec: usec })),
});

export function connect(token: string, base = '/greader') {
  const api = `${base}/reader/api/0/`;
  const headers = { authorization: `GoogleLogin auth=${token}` };
  const get = (path: string, query: Fields = {}): Promise<Answer> =>
    web.ask('GET', `${api}${path}?${form(query)}`, headers);
  const post = (path: string, fields: Fields = {}, query: Fields = {}): Promise<Answer> =>
    web.ask('POST', `${api}${path}?${form(query)}`, { ...headers, 'content-type': FORM }, form(fields));
  const contents = async (path: string, query: Fields = {}) =>
    contentsSchema.parse((await get(path, query)).json);
  return {
    get,
    post,
    contents,
    atom: (stream: string, query: Fields) =>
      web.ask('GET', `${base}/reader/atom/${encodeURIComponent(stream)}?${form(query)}`, headers),
    feeds: async () => feedsSchema.parse((await get('subscription/list')).json).subscriptions,
    counts: async () => countsSchema.parse((await get('unread-count')).json),
    ids: async (query: Fields = {}) => idsSchema.parse((await get('stream/items/ids', query)).json),
    /** By as many requests as it takes. */
    async allIds(query: Fields): Promise<string[]> {
      const ids: string[] = [];
      for (let c: string | undefined = ''; c !== undefined; ) {
        const page: z.output<typeof idsSchema> = await this.ids({ ...query, ...(c !== '' && { c }) });
        ids.push(...page.itemRefs.map(({ id }) => id));
        c = page.continuation;
      }
      return ids;
    },
    async items(ids: readonly string[]): Promise<GreaderItem[]> {
      const answer = await post('stream/items/contents', { i: ids });
      return contentsSchema.omit({ continuation: true }).strict().parse(answer.json).items;
    },
    edit: (fields: Fields) => post('edit-tag', fields),
    markAll: (fields: Fields) => post('mark-all-as-read', fields),
  };
}
export type Client = ReturnType<typeof connect>;

/** `tag:…/item/<hex>` as decimal digits. */
export const decimalOf = (long: string): string => String(BigInt(`0x${long.slice(LONG.length)}`));
