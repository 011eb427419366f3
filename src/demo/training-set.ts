import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomNumbers } from '../random.ts';
import type { Product } from './catalogue.ts';
import { drawings } from './drawings.ts';
import { finishes, hsl } from './paint.ts';
import { drawCatalogueView, drawQuery } from './views.ts';

type Look = Pick<Product, 'drawing' | 'paint'> & { readonly label: string };

const hues = 12;
const viewsOfEach = 4;

/** The demo's kinds of products in colours and patterns that its catalogue does not have. */
export const trainingLooks: readonly Look[] = drawings.flatMap((drawing, kind) =>
  Array.from({ length: hues }, (_, turn) => {
    const hue = (360 / hues) * turn + 12;
    const dark = turn % 2 === 1;
    const paint = {
      main: hsl(hue, turn % 3 === 2 ? 45 : 72, dark ? 38 : 54),
      second: hsl(hue + 90 + 60 * (turn % 3), 45, dark ? 86 : 24),
      finish: finishes[(5 * turn + kind + 2) % finishes.length] ?? 'plain',
    } as const;
    return { drawing, paint, label: `${drawing.kind}-${turn}` };
  }),
);

/** Returns random numbers of other streams than those of the demo's own pictures. */
const randomOf = (look: number, view: number): (() => number) => randomNumbers(1e6 + look * 97 + view);

async function drawLook(folder: string, look: Look, number: number): Promise<void> {
  const train = join(folder, 'train', look.label);
  const heldOut = join(folder, 'held-out', look.label);
  for (const path of [train, heldOut]) await mkdir(path, { recursive: true });
  for (let view = 0; view < viewsOfEach; view += 1) {
    await writeFile(join(train, `shop-${view}.jpg`), await drawCatalogueView(look, randomOf(number, view)));
    const seed = 100 * number + view;
    await writeFile(
      join(train, `photo-${view}.jpg`),
      await drawQuery(look, randomOf(number, 10 + view), seed),
    );
  }
  const held = await drawQuery(look, randomOf(number, 50), 100 * number + 50);
  await writeFile(join(heldOut, 'photo.jpg'), held);
}

/**
 * Draws pictures to train on beside photographs, so that a network learns colours and patterns that those do not have:
 * `train/LABEL/` with eight pictures of each look and `held-out/LABEL/` with one. They are always the same.
 * @returns the number of looks
 */
export async function drawTrainingSet(
  folder: string,
  drawn: readonly Look[] = trainingLooks,
): Promise<number> {
  await Promise.all(drawn.map((look) => drawLook(folder, look, trainingLooks.indexOf(look))));
  return drawn.length;
}
