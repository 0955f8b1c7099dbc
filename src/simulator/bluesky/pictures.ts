/** Pictures drawn from their CID: landscapes for posts, figures before discs for avatars. The same CID gives the same picture. */
import { pictureSize } from '../picture-size.ts';
import { createRandom, type Random } from '../random.ts';
import { type Canvas, type Colour, createCanvas, disc, fill, hill } from './canvas.ts';
import { encodePng } from './png.ts';
import { seedOf } from './profiles.ts';

/** Of the longer side, by preset; what a CDN would send is larger, and would take too long to draw. */
const LONGER_SIDE: Record<string, number> = {
  avatar: 160,
  avatar_thumbnail: 96,
  banner: 600,
  feed_thumbnail: 420,
  feed_fullsize: 900,
};
export const presets = Object.keys(LONGER_SIDE);

/** `preset`: one of presets. */
export function drawPicture(preset: string, cid: string): Promise<Buffer> {
  const random = createRandom(seedOf(cid), 6);
  const longer = LONGER_SIDE[preset]!;
  if (preset.startsWith('avatar')) return encodePng(drawAvatar(random, longer));
  const size = preset === 'banner' ? { width: 3, height: 1 } : pictureSize(cid);
  const scale = longer / Math.max(size.width, size.height);
  return encodePng(drawLandscape(random, Math.round(size.width * scale), Math.round(size.height * scale)));
}

const hex = (text: string): Colour =>
  [0, 2, 4].map((at) => Number.parseInt(text.slice(at, at + 2), 16)) as unknown as Colour;
const colours = (text: string): Colour[] => text.split(' ').map(hex);

/** Dusk, noon, mint, night, desert, lilac: sky above, sky below, sun, hills from far to near. */
const SCENES: readonly Colour[][] = [
  colours('3a3d7c f7a072 ffe2b8 6d5a8c 4a3f6b 2c2748'),
  colours('4aa3df d6f0ff fffbe6 8cc3a0 5a9e78 2f6f55'),
  colours('7fd1c7 fdf6e3 ffffff a8c686 6f9e6b 3b6b57'),
  colours('0f1535 35478c f2f0e6 2a3769 1c2650 111735'),
  colours('f4b860 fde8c4 fff7e0 d98e5f b5654a 7a3f3a'),
  colours('8e7cc3 f9d5e5 fff0f5 b48ead 86608e 573b66'),
];

function drawLandscape(random: Random, width: number, height: number): Canvas {
  const canvas = createCanvas(width, height);
  const [top, bottom, sun, ...hills] = random.pick(SCENES) as [Colour, Colour, Colour, ...Colour[]];
  fill(canvas, top, bottom);
  const radius = Math.min(width, height) * (0.07 + random.fraction() * 0.07);
  const at = { x: width * (0.15 + random.fraction() * 0.7), y: height * (0.15 + random.fraction() * 0.3) };
  disc(canvas, { ...at, radius: radius * 2.2, colour: sun, share: 0.18 });
  disc(canvas, { ...at, radius, colour: sun });
  for (const [n, colour] of hills.entries()) {
    const waves = [1, 2.3, 5.1].map((turns) => ({
      turns: turns * (0.7 + random.fraction() * 0.6),
      from: random.fraction() * 7,
    }));
    const [level, rise] = [height * (0.5 + n * 0.16), height * (0.13 - n * 0.02)];
    const ridge = (x: number) =>
      waves.reduce(
        (y, { turns, from }) => y - (rise / turns) * Math.sin(from + (x / width) * turns * 6.28),
        level,
      );
    hill(canvas, ridge, colour);
  }
  return canvas;
}

const PALETTES: readonly Colour[][] = [
  colours('264653 2a9d8f e9c46a f4a261'),
  colours('355070 6d597a e56b6f eaac8b'),
  colours('1d3557 457b9d a8dadc f1faee'),
  colours('606c38 283618 fefae0 dda15e'),
  colours('5f0f40 9a031e fb8b24 e9d8a6'),
  colours('cdb4db ffc8dd bde0fe 4a4e69'),
  colours('0b3954 bfd7ea ff6663 e0ff4f'),
];

/** Head and shoulders before two discs. */
function drawAvatar(random: Random, size: number): Canvas {
  const canvas = createCanvas(size, size);
  const [back, first, second, person] = random.sample(random.pick(PALETTES), 4) as [
    Colour,
    Colour,
    Colour,
    Colour,
  ];
  const spot = () => size * (random.fraction() * 1.2 - 0.1);
  fill(canvas, back, back);
  disc(canvas, { x: spot(), y: spot(), radius: size * (0.3 + random.fraction() * 0.2), colour: first });
  disc(canvas, { x: spot(), y: spot(), radius: size * (0.15 + random.fraction() * 0.2), colour: second });
  disc(canvas, {
    x: size / 2,
    y: size * 1.02,
    radius: size * (0.34 + random.fraction() * 0.06),
    colour: person,
  });
  disc(canvas, {
    x: size / 2,
    y: size * 0.42,
    radius: size * (0.18 + random.fraction() * 0.03),
    colour: person,
  });
  return canvas;
}
