/** The size of the picture with this CID, as stated in the post and as drawn. */
export interface Size {
  width: number;
  height: number;
}

const SIZES: readonly Size[] = [
  { width: 1600, height: 1200 },
  { width: 1500, height: 1000 },
  { width: 1920, height: 1080 },
  { width: 1200, height: 1200 },
  { width: 1200, height: 1600 },
  { width: 1080, height: 1350 },
];

export const pictureSize = (cid: string): Size => SIZES[(cid.codePointAt(20) ?? 0) % SIZES.length]!;
