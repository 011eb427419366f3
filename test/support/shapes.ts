import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { randomNumbers } from '../../src/random.ts';

type Inside = (x: number, y: number) => boolean;

/** Shapes around the origin, about 1 in radius. */
const shapes: Readonly<Record<string, Inside>> = {
  disc: (x, y) => x * x + y * y < 0.8,
  bars: (x, y) => Math.abs(Math.abs(x) - 0.55) < 0.25 && Math.abs(y) < 0.8,
  cross: (x, y) => Math.min(Math.abs(x), Math.abs(y)) < 0.3 && Math.max(Math.abs(x), Math.abs(y)) < 1,
  ring: (x, y) => x * x + y * y < 0.9 && x * x + y * y > 0.4,
};

const colours: Readonly<Record<string, readonly [number, number, number]>> = {
  red: [210, 50, 40],
  green: [40, 160, 60],
  blue: [50, 80, 200],
};

const side = 48;

/** One shape of one colour somewhere on a mottled ground of any colour, turned and lit at random. */
function draw(inside: Inside, colour: readonly number[], random: () => number): Buffer {
  const [centreX, centreY] = [0.4 + 0.2 * random(), 0.4 + 0.2 * random()];
  const [radius, angle, light] = [0.36 + 0.06 * random(), Math.PI * random(), 0.8 + 0.3 * random()];
  const ground = [random(), random(), random()].map((value) => 60 + 140 * value);
  const pixels = Buffer.alloc(side * side * 3);
  for (let at = 0; at < side * side; at += 1) {
    const [x, y] = [(at % side) / side - centreX, Math.floor(at / side) / side - centreY];
    const turnedX = (x * Math.cos(angle) + y * Math.sin(angle)) / radius;
    const turnedY = (y * Math.cos(angle) - x * Math.sin(angle)) / radius;
    const source = inside(turnedX, turnedY) ? colour : ground;
    for (let channel = 0; channel < 3; channel += 1) {
      const value = (source[channel] ?? 0) * light + 20 * (random() - 0.5);
      pixels[3 * at + channel] = Math.min(255, Math.max(0, Math.round(value)));
    }
  }
  return pixels;
}

/** Writes `each` pictures of every shape in every colour (12 labels, a label a folder), different for each seed. */
export async function writeShapes(folder: string, each: number, seed: number): Promise<void> {
  const random = randomNumbers(seed);
  for (const [shape, inside] of Object.entries(shapes)) {
    for (const [name, colour] of Object.entries(colours)) {
      for (let copy = 0; copy < each; copy += 1) {
        const raw = { width: side, height: side, channels: 3 } as const;
        const path = join(folder, `${name}-${shape}`, `${copy}.png`);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(
          path,
          await sharp(draw(inside, colour, random), { raw })
            .png()
            .toBuffer(),
        );
      }
    }
  }
}
