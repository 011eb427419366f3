import { rasterize } from '../image/rasterize.ts';
import type { Product } from './catalogue.ts';
import { catalogueScene, queryScene, sceneSize } from './scene.ts';

const size = { width: sceneSize, height: sceneSize, format: 'jpeg' } as const;

type Look = Pick<Product, 'drawing' | 'paint'>;

/** Draws a product as its shop shows it, as a JPEG. */
export const drawCatalogueView = (look: Look, random: () => number): Promise<Uint8Array> =>
  rasterize(catalogueScene(look, random), { ...size, quality: 90 });

/** Draws a product as a shopper's phone sees it, as a JPEG. `seed` determines the noise. */
export const drawQuery = (look: Look, random: () => number, seed: number): Promise<Uint8Array> =>
  rasterize(queryScene(look, random), { ...size, quality: 72, blur: 0.9, noise: { sigma: 7, seed } });
