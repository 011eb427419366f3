import type { Engine } from '../../engine/index.ts';
import { type ErrorCode, SnapshelfError } from '../../errors.ts';
import { rowOf } from '../../vectors/index.ts';

/**
 * Reads the raw vectors, each `float32[D]`, of 0 to 1,000 items in one call, by id. Where one of them fails with one of the codes `leftOut`
 * it is left out, and the halves are read by themselves to find out which it is.
 * @throws SnapshelfError as `Engine.vectors`.
 */
export async function vectorsById(
  gallery: Engine,
  name: string,
  ids: readonly string[],
  leftOut: readonly ErrorCode[],
): Promise<Map<string, Float32Array>> {
  if (ids.length === 0) return new Map();
  try {
    const vectors = await gallery.vectors(name, ids);
    const dimension = vectors.length / ids.length;
    return new Map(ids.map((id, row) => [id, rowOf({ vectors, dimension }, row)]));
  } catch (error) {
    if (!(error instanceof SnapshelfError) || !leftOut.includes(error.code)) throw error;
    if (ids.length === 1) return new Map();
    const half = Math.ceil(ids.length / 2);
    const first = await vectorsById(gallery, name, ids.slice(0, half), leftOut);
    const second = await vectorsById(gallery, name, ids.slice(half), leftOut);
    return new Map([...first, ...second]);
  }
}
