/** Posts and profiles as Bluesky's AppView shows them. */
import type { Accounts } from './accounts.ts';
import type { HeldRecord, Repositories } from './repositories.ts';

type Json = Record<string, unknown>;

export interface Network {
  accounts: Accounts;
  repositories: Repositories;
  /** How the quote in this post is refused, if it is. */
  refusedQuotes: Map<string, 'blocked' | 'detached'>;
}

const CDN = 'https://cdn.bsky.app/img';

export const isThere = ({ accounts }: Network, did: string): boolean =>
  accounts.status(did) === 'active' && accounts.profile(did) !== undefined;

/** Of an account that is there. */
export function profileView({ accounts }: Network, did: string): Json {
  const { handle, displayName, avatar, createdAt } = accounts.profile(did)!;
  return {
    did,
    handle,
    ...(displayName !== undefined && { displayName }),
    ...(avatar !== undefined && {
      avatar: avatar.includes('://') ? avatar : `${CDN}/avatar/plain/${did}/${avatar}`,
    }),
    associated: { activitySubscription: { allowSubscriptions: 'followers' } },
    labels: accounts.labelsOf(did),
    createdAt,
  };
}

export function detailedProfileView(network: Network, did: string): Json {
  const { description, createdAt } = network.accounts.profile(did)!;
  const counts = { followersCount: 0, followsCount: 0, postsCount: 0 };
  return { ...profileView(network, did), description, indexedAt: createdAt, ...counts };
}

/** undefined: it or its author is gone. */
export function postView(network: Network, uri: string): Json | undefined {
  const record = network.repositories.find(uri);
  if (!record || !isThere(network, record.did)) return undefined;
  const embed = orNone(() => embedView(network, record, record.value.embed as Json | undefined));
  return {
    uri,
    cid: record.cid,
    author: profileView(network, record.did),
    record: record.value,
    ...(embed && { embed }),
    ...counts,
    indexedAt: indexedAt(record),
    labels: labelsOfPost(network, record),
  };
}

/** An embed that no server would have accepted is not shown. */
function orNone(view: () => Json | undefined): Json | undefined {
  try {
    return view();
  } catch {
    return undefined;
  }
}

const counts = { bookmarkCount: 0, replyCount: 0, repostCount: 0, likeCount: 0, quoteCount: 0 };

const indexedAt = ({ value }: HeldRecord): string => String(value.createdAt);

function labelsOfPost({ accounts }: Network, { uri, cid, did, value }: HeldRecord): Json[] {
  const { values } = (value.labels ?? {}) as { values?: { val: string }[] };
  const self = Array.isArray(values) ? values : [];
  return [
    ...self.map(({ val }) => ({ src: did, uri, cid, val, cts: String(value.createdAt) })),
    ...accounts.labelsOf(uri).map((label) => ({ ...label, cid })),
  ];
}

function embedView(network: Network, record: HeldRecord, embed: Json | undefined): Json | undefined {
  const { $type } = embed ?? {};
  if ($type === 'app.bsky.embed.record') {
    const { uri } = embed!.record as { uri: string };
    return { $type: `${$type}#view`, record: quoteView(network, record, uri) };
  }
  if ($type === 'app.bsky.embed.recordWithMedia') {
    const { uri } = (embed!.record as { record: { uri: string } }).record;
    const media = mediaView(record.did, embed!.media as Json);
    return { $type: `${$type}#view`, media, record: { record: quoteView(network, record, uri) } };
  }
  return embed && mediaView(record.did, embed);
}

function quoteView(network: Network, { uri: by }: HeldRecord, uri: string): Json {
  const refused = network.refusedQuotes.get(by);
  const type = (name: string) => `app.bsky.embed.record#${name}`;
  const quoted = network.repositories.find(uri);
  if (refused === 'detached') return { $type: type('viewDetached'), uri, detached: true };
  if (!quoted || !isThere(network, quoted.did)) return { $type: type('viewNotFound'), uri, notFound: true };
  if (refused === 'blocked')
    return { $type: type('viewBlocked'), uri, blocked: true, author: { did: quoted.did } };
  const embed = quoted.value.embed as Json | undefined;
  const media = embed && orNone(() => mediaView(quoted.did, (embed.media as Json | undefined) ?? embed));
  return {
    $type: type('viewRecord'),
    uri,
    cid: quoted.cid,
    author: profileView(network, quoted.did),
    value: quoted.value,
    labels: labelsOfPost(network, quoted),
    ...counts,
    indexedAt: indexedAt(quoted),
    embeds: media ? [media] : [],
  };
}

interface Picture {
  alt?: string;
  aspectRatio?: unknown;
  image?: { ref?: { $link: string }; cid?: string };
}

function mediaView(did: string, embed: Json): Json | undefined {
  const type = String(embed.$type);
  const urls = ({ image }: Picture) => {
    const cid = image?.ref?.$link ?? image?.cid;
    return [`${CDN}/feed_thumbnail/plain/${did}/${cid}`, `${CDN}/feed_fullsize/plain/${did}/${cid}`];
  };
  const rest = ({ alt, aspectRatio }: Picture) => ({
    alt: alt ?? '',
    ...(aspectRatio !== undefined && { aspectRatio }),
  });
  switch (type) {
    case 'app.bsky.embed.images': {
      const images = (embed.images as Picture[]).map((picture) => {
        const [thumb, fullsize] = urls(picture);
        return { thumb, fullsize, ...rest(picture) };
      });
      return { $type: `${type}#view`, images };
    }
    case 'app.bsky.embed.gallery': {
      const items = (embed.items as Picture[]).map((picture) => {
        const [thumbnail, fullsize] = urls(picture);
        return { $type: `${type}#viewImage`, thumbnail, fullsize, ...rest(picture) };
      });
      return { $type: `${type}#view`, items };
    }
    case 'app.bsky.embed.video': {
      const cid = (embed.video as { ref: { $link: string } }).ref.$link;
      const at = `https://video.bsky.app/watch/${encodeURIComponent(did)}/${cid}`;
      return {
        $type: `${type}#view`,
        cid,
        playlist: `${at}/playlist.m3u8`,
        thumbnail: `${at}/thumbnail.jpg`,
        ...rest(embed),
      };
    }
    case 'app.bsky.embed.external': {
      const { uri, title, description, thumb } = embed.external as Json;
      const [picture] = urls({ image: thumb as NonNullable<Picture['image']> });
      return {
        $type: `${type}#view`,
        external: { uri, title, description, ...(thumb !== undefined && { thumb: picture }) },
      };
    }
    default:
      return undefined;
  }
}
