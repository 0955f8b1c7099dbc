/** Feeds of many inboxes, real posts and hostile ones among them: xmllint and a strict parser take every one. FULL_SIZE=1: 1,000 inboxes. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAtomFeed, parseJsonFeed, parseRssFeed } from 'feedsmith';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toConfig } from '../../../src/config/config.ts';
import { isFull } from '../../fixtures/full-size.ts';
import { hostilePosts, hostileSubscriptions, readerPosts } from '../../fixtures/reader-posts.ts';
import { useWeb, web } from '../use-web.ts';
import { asReader } from '../web.ts';

const INBOXES = isFull ? 1_000 : 40;
const FILES_PER_CALL = 200;

const hasXmllint = spawnSync('xmllint', ['--version']).error === undefined;
if (!hasXmllint && process.env['CI']) throw new Error('xmllint is not there: apt install libxml2-utils');

let dir: string;
const { media } = toConfig({ MEDIA: 'direct' }, { listens: () => false });
useWeb({ media }, '--appendonly', 'no');
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'skywire-inbox-feeds-'));
});
afterAll(async () => {
  if (dir) rmSync(dir, { recursive: true, force: true });
});

interface Entry {
  guid: string | undefined;
  title: string | undefined;
  url: string | undefined;
  html: string | undefined;
  published: string | undefined;
}

const safeHtml =
  /^(?:[^<>]|<\/?(?:p|br|bdi|blockquote)>|<(?:p|blockquote) dir="auto">|<a href="https?:\/\/[^"<>\s]+" rel="nofollow noopener noreferrer">|<\/a>|<img src="https:\/\/(?:cdn|video)\.bsky\.app\/[\w/:.%@-]+" alt="[^"<>]*" loading="lazy" referrerpolicy="no-referrer">)*$/;

function check(entries: readonly Entry[], count: number): void {
  expect(entries).toHaveLength(count);
  for (const { guid, title, url, html, published } of entries) {
    expect(guid).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
    expect(title?.trim()).toBeTruthy();
    expect(title!.length).toBeLessThan(10_000);
    expect(url).toMatch(/^https:\/\/bsky\.app\/profile\//);
    expect(html ?? '').toMatch(safeHtml);
    const at = Date.parse(published!);
    expect(at).toBeGreaterThanOrEqual(Date.UTC(2000));
    expect(at).toBeLessThanOrEqual(Date.now() + 1_000);
  }
  expect(new Set(entries.map(({ guid }) => guid)).size).toBe(count);
}

function readEntries(kind: string, text: string): Entry[] {
  if (kind === 'rss') {
    return parseRssFeed(text).items!.map(({ guid, title, link, description, pubDate }) => ({
      guid: guid?.value,
      title,
      url: link,
      html: description,
      published: pubDate,
    }));
  }
  if (kind === 'atom') {
    return parseAtomFeed(text).entries!.map(({ id, title, links, content, published }) => ({
      guid: id,
      title: typeof title === 'string' ? title : title?.value,
      url: links?.[0]?.href,
      html: typeof content === 'string' ? content : content?.value,
      published,
    }));
  }
  return parseJsonFeed(text).items!.map(({ id, title, url, content_html, date_published }) => ({
    guid: id,
    title,
    url,
    html: content_html,
    published: date_published,
  }));
}

test(`every feed of ${INBOXES} inboxes is well-formed, strict, and safe`, { timeout: 600_000 }, async () => {
  const posts = readerPosts(INBOXES < 1_000 ? 400 : undefined);
  const perInbox = Math.ceil(posts.length / INBOXES);
  const xml: string[] = [];
  let shown = 0;
  for (let n = 0; n < INBOXES; n += 1) {
    const name = n % 10 === 0 ? `inbox <${n}> & ]]> "ä" \u0001` : `inbox-${n}`;
    const some = [...posts.slice(n * perInbox, (n + 1) * perInbox), ...hostilePosts()];
    const matches = some.map((post, at) =>
      JSON.stringify({
        subscription_id: at % 3 === 0 ? name : hostileSubscriptions[at % 6],
        match_score: 0.5,
        post,
      }),
    );
    await web.deliver(name, ...matches);
    const inbox = `/api/inboxes/${encodeURIComponent(name)}`;
    const { urls } = (await web.ask('POST', `${inbox}/feed-tokens`, asReader, {})).json;
    const { total } = (await web.ask('GET', inbox, asReader)).json;
    expect(total).toBeGreaterThan(hostilePosts().length - 2);
    const guids: string[] = [];
    for (const kind of ['rss', 'atom', 'json']) {
      const { status, text } = await web.ask('GET', new URL(urls[kind]).pathname);
      expect(status).toBe(200);
      const entries = readEntries(kind, text);
      check(entries, Math.min(total, 100));
      guids.push(entries.map(({ guid }) => guid).join());
      shown += entries.length;
      if (kind === 'json') continue;
      const file = join(dir, `${n}.${kind}`);
      writeFileSync(file, text);
      xml.push(file);
    }
    expect(new Set(guids).size).toBe(1);
  }
  expect(shown).toBeGreaterThan(INBOXES * 3 * 30);
  const files = hasXmllint ? xml : [];
  for (let at = 0; at < files.length; at += FILES_PER_CALL)
    execFileSync('xmllint', ['--noout', ...files.slice(at, at + FILES_PER_CALL)], { stdio: 'pipe' });
  console.log(
    `feeds: ${INBOXES} inboxes, ${shown} entries in ${INBOXES * 3} feeds; xmllint ${hasXmllint ? `took all ${xml.length}` : 'is not there'}`,
  );
});

test.skipIf(!hasXmllint)('xmllint would notice a feed that is not well-formed', () => {
  const file = join(dir, 'broken.rss');
  writeFileSync(file, '<rss><a>\u0001</a></rss>');
  expect(() => execFileSync('xmllint', ['--noout', file], { stdio: 'pipe' })).toThrow();
});
