import { type Engine, refuseUndeclared } from '../engine/index.ts';
import { Gallery, type GalleryOptions } from '../gallery/index.ts';

/**
 * Opens the engine of a data folder, the embedded one: the one place that chooses.
 * @throws SnapshelfError as `Gallery.open`.
 */
export const openEngine = async (data: string, options: GalleryOptions = {}): Promise<Engine> =>
  refuseUndeclared(await Gallery.open(data, options));
