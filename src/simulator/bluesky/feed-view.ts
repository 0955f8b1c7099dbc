/** `getAuthorFeed`: a person's posts, newest first, with what they answer, and a repost now and then. */
import { isThere, type Network, postView, profileView } from './views.ts';

type Json = Record<string, unknown>;

/** So many posts come before a repost. */
const POSTS_A_REPOST = 6;

export function feedView(
  network: Network,
  did: string,
  { limit, cursor }: { limit: number; cursor: string | undefined },
): Json {
  const beforeMs = cursor === undefined ? undefined : Date.parse(cursor);
  // Anything but a time, such as `…::…` of other feeds, gives an empty page.
  if (Number.isNaN(beforeMs)) return { feed: [] };
  const records = network.repositories.feed(did, { limit, ...(beforeMs !== undefined && { beforeMs }) });
  const feed = records.flatMap(({ uri, value }, at): Json[] => {
    const post = postView(network, uri);
    if (!post) return [];
    const reply = replyView(network, value.reply as Reply | undefined);
    const item = { post, ...(reply && { reply }) };
    return at % POSTS_A_REPOST === POSTS_A_REPOST - 1
      ? [item, ...repost(network, did, value.reply as Reply | undefined)]
      : [item];
  });
  const last = records.at(-1);
  return { feed: feed.slice(0, limit), ...(last && { cursor: String(last.value.createdAt) }) };
}

interface Reply {
  parent: { uri: string };
  root: { uri: string };
}

function replyView(network: Network, reply: Reply | undefined): Json | undefined {
  if (!reply) return undefined;
  const view = ({ uri }: { uri: string }): Json => {
    const post = postView(network, uri);
    return post
      ? { $type: 'app.bsky.feed.defs#postView', ...post }
      : { $type: 'app.bsky.feed.defs#notFoundPost', uri, notFound: true };
  };
  return { root: view(reply.root), parent: view(reply.parent) };
}

/** Of what the post before it answers. */
function repost(network: Network, did: string, reply: Reply | undefined): Json[] {
  const post = reply && isThere(network, did) && postView(network, reply.root.uri);
  if (!post) return [];
  const reason = {
    $type: 'app.bsky.feed.defs#reasonRepost',
    by: profileView(network, did),
    indexedAt: post.indexedAt,
  };
  return [{ post, reason }];
}
