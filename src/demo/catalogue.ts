import { randomNumbers } from '../random.ts';
import { type Drawing, drawings } from './drawings.ts';
import { finishes, hsl, type Paint } from './paint.ts';

/** A product of the demo. */
export interface Product {
  readonly id: string;
  readonly drawing: Drawing;
  readonly paint: Paint;
  readonly metadata: {
    readonly name: string;
    readonly price: number;
    readonly colour: string;
    readonly finish: string;
  };
}

const colours = [
  { name: 'red', hue: 4 },
  { name: 'green', hue: 135 },
  { name: 'blue', hue: 215 },
  { name: 'yellow', hue: 48 },
  { name: 'violet', hue: 285 },
  { name: 'orange', hue: 26 },
] as const;

function product(drawing: Drawing, kindNumber: number, variant: number): Product {
  const colour = colours[variant] ?? colours[0];
  // The finish shifts from kind to kind, so that red is not always plain.
  const finish = finishes[(variant + kindNumber) % finishes.length] ?? 'plain';
  const paint = {
    main: hsl(colour.hue, 72, 46 + 6 * (variant % 2)),
    second: hsl(colour.hue + 150, 45, variant % 2 === 0 ? 88 : 22),
    finish,
  };
  const id = `${drawing.kind}-${colour.name}`;
  const name = `${colour.name} ${finish === 'plain' ? '' : `${finish} `}${drawing.kind}`;
  const price = 9.9 + 5 * ((kindNumber * 7 + variant * 3) % 11);
  return { id, drawing, paint, metadata: { name, price, colour: colour.name, finish } };
}

/** All products: every kind in every colour. */
export const products: readonly Product[] = drawings.flatMap((drawing, kindNumber) =>
  colours.map((_, variant) => product(drawing, kindNumber, variant)),
);

/** Returns the random numbers of one picture, the same in every run. */
export function randomFor(productNumber: number, view: number): () => number {
  return randomNumbers(productNumber * 1009 + view * 31 + 7);
}
