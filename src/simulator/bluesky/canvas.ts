/** Pixels to paint on, with soft edges. */
export type Colour = readonly [red: number, green: number, blue: number];

export interface Canvas {
  width: number;
  height: number;
  /** Rows of a filter byte, which is 0, and three bytes a pixel, as PNG compresses them. */
  rows: Buffer;
}

export const createCanvas = (width: number, height: number): Canvas => ({
  width,
  height,
  rows: Buffer.alloc(height * (1 + width * 3)),
});

/** `share` of the colour, over what is there; from 0 to 1. */
function blend({ width, rows }: Canvas, x: number, y: number, colour: Colour, share: number): void {
  const at = y * (1 + width * 3) + 1 + x * 3;
  for (let channel = 0; channel < 3; channel += 1) {
    const below = rows[at + channel]!;
    rows[at + channel] = below + (colour[channel]! - below) * share;
  }
}

/** From top to bottom. */
export function fill(canvas: Canvas, top: Colour, bottom: Colour): void {
  for (let y = 0; y < canvas.height; y += 1) {
    const share = Math.min(1, y / (canvas.height * 0.75));
    const colour = [0, 1, 2].map((at) => top[at]! + (bottom[at]! - top[at]!) * share);
    for (let x = 0; x < canvas.width; x += 1) blend(canvas, x, y, colour as unknown as Colour, 1);
  }
}

export interface Disc {
  x: number;
  y: number;
  radius: number;
  colour: Colour;
  share?: number;
}

export function disc(canvas: Canvas, { x, y, radius, colour, share = 1 }: Disc): void {
  const [left, right] = [
    Math.max(0, Math.floor(x - radius)),
    Math.min(canvas.width - 1, Math.ceil(x + radius)),
  ];
  const bottom = Math.min(canvas.height - 1, Math.ceil(y + radius));
  for (let atY = Math.max(0, Math.floor(y - radius)); atY <= bottom; atY += 1) {
    for (let atX = left; atX <= right; atX += 1) {
      const inside = radius - Math.hypot(atX - x, atY - y) + 0.5;
      if (inside > 0) blend(canvas, atX, atY, colour, share * Math.min(1, inside));
    }
  }
}

/** Fills everything below the ridge. `ridge`: the y of a column. */
export function hill(canvas: Canvas, ridge: (x: number) => number, colour: Colour): void {
  for (let x = 0; x < canvas.width; x += 1) {
    const top = Math.max(0, ridge(x));
    const first = Math.floor(top);
    if (first < canvas.height) blend(canvas, x, first, colour, first + 1 - top);
    for (let y = first + 1; y < canvas.height; y += 1) blend(canvas, x, y, colour, 1);
  }
}
