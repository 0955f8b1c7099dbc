/** Everything but XRPC: DID documents like plc.directory's, and pictures under the paths of Bluesky's CDN. */
import type { ServerResponse } from 'node:http';
import { sendJson } from './faults.ts';
import { drawPicture, presets } from './pictures.ts';
import type { Network } from './views.ts';

export interface Picture {
  preset: string;
  did: string;
  cid: string;
}

const IMAGE = /^\/img\/([a-z_]+)\/plain\/([^/]+)\/([a-z2-7]+)(?:@(?:jpeg|webp|png))?$/;
const POSTER = /^\/watch\/([^/]+)\/([a-z2-7]+)\/thumbnail\.jpg$/;
const CID = /^bafk[a-z2-7]{55}$/;

/** undefined: the path is not a picture's. */
export function pictureOf(path: string): Picture | undefined {
  const [, preset, owner, cid] = IMAGE.exec(path) ?? [];
  const [, videoOwner, videoCid] = POSTER.exec(path) ?? [];
  const did = decodeDid(owner ?? videoOwner ?? '');
  const picture = { preset: preset ?? 'feed_thumbnail', did, cid: cid ?? videoCid ?? '' };
  return did.startsWith('did:') && CID.test(picture.cid) && presets.includes(picture.preset)
    ? picture
    : undefined;
}

const decodeDid = (text: string): string => text.replace(/%3A/gi, ':');

const CACHED = 100;
const cacheControl = 'public, max-age=31536000';

/** Cached for repeated requests. */
export function createGallery(): (picture: Picture, res: ServerResponse) => Promise<void> {
  const drawn = new Map<string, Promise<Buffer>>();
  return async ({ preset, cid }, res) => {
    const key = `${preset} ${cid}`;
    const png = drawn.get(key) ?? drawPicture(preset, cid);
    if (drawn.size >= CACHED) drawn.delete(drawn.keys().next().value!);
    drawn.set(key, png);
    res.writeHead(200, { 'Content-Type': 'image/png', 'Cache-Control': cacheControl }).end(await png);
  };
}

/** `serviceEndpoint`: where the author's repository is. */
export function sendDidDocument(
  { accounts }: Network,
  did: string,
  serviceEndpoint: string,
  res: ServerResponse,
): void {
  const profile = accounts.profile(did);
  if (!profile) return sendJson(res, { message: `DID not registered: ${did}` }, 404);
  if (accounts.status(did) === 'deleted') return sendJson(res, { message: `DID not available: ${did}` }, 404);
  sendJson(res, {
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'],
    id: did,
    alsoKnownAs: [`at://${profile.handle}`],
    verificationMethod: [],
    service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint }],
  });
}
