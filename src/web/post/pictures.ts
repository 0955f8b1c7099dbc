/** Addresses of pictures, made of a DID and a blob's CID or taken from an answer of Bluesky. Nothing else gets into one. */
import type { MediaSource } from '../../config/config.ts';

export interface Pictures {
  /** Of a picture in a post or of a card's thumbnail; null if a part is invalid, or MEDIA is off. */
  image(preset: 'feed_thumbnail' | 'feed_fullsize', did: unknown, cid: unknown): string | null;
  /** The still of a video; 404 if Bluesky has not processed the video. */
  poster(did: unknown, cid: unknown): string | null;
  /**
   * An address from Bluesky, such as an avatar's, as MEDIA requires: rewritten if that is an origin. null
   * if it is not a picture at Bluesky's CDN, or MEDIA is off.
   */
  known(url: unknown): string | null;
}

/** No %, which a server might decode to a slash. */
const did = /^did:[a-z]+:[A-Za-z0-9._:-]{1,200}$/;
/** Base32 (CIDv1), base58 (z…, CIDv0). */
const cid = /^(?:b[a-z0-9]{19,127}|(?:z|Qm)[A-Za-z0-9]{20,127})$/;

const isDid = (value: unknown): value is string => typeof value === 'string' && did.test(value);
const isCid = (value: unknown): value is string => typeof value === 'string' && cid.test(value);

const imagePath = /^\/img\/[a-z_]{1,40}\/plain\/([^/@]+)\/([^/@]+)(?:@[a-z]{3,4})?$/;
const posterPath = /^\/watch\/([^/]+)\/([^/]+)\/thumbnail\.jpg$/;
const bluesky = { images: 'https://cdn.bsky.app', videos: 'https://video.bsky.app' };

export function createPictures(source: MediaSource | undefined): Pictures {
  return {
    image: (preset, author, blob) =>
      source && isDid(author) && isCid(blob)
        ? `${source.images}/img/${preset}/plain/${author}/${blob}`
        : null,
    poster: (author, blob) =>
      source && isDid(author) && isCid(blob)
        ? `${source.videos}/watch/${encodeURIComponent(author)}/${blob}/thumbnail.jpg`
        : null,
    known(url) {
      if (!source || typeof url !== 'string' || url.length > 1_000 || !URL.canParse(url)) return null;
      const { origin, pathname, username, password, search, hash } = new URL(url);
      if (username || password || search || hash) return null;
      if ([bluesky.images, source.images].includes(origin) && names(imagePath, pathname))
        return source.images + pathname;
      if ([bluesky.videos, source.videos].includes(origin) && names(posterPath, pathname))
        return source.videos + pathname;
      return null;
    },
  };
}

function names(path: RegExp, pathname: string): boolean {
  const [, author = '', blob] = path.exec(pathname) ?? [];
  return isDid(author.replaceAll(/%3a/gi, ':')) && isCid(blob);
}

/** As JPEG, which every feed reader shows. Of our own addresses only. */
export const asJpeg = (url: string): string =>
  /\/img\/[^@]*$/.test(url) && !url.endsWith('.jpg') ? `${url}@jpeg` : url;
