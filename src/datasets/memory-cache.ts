import type { Pixels } from '../image/index.ts';
import type { PictureWriter } from './picture-cache.ts';

/** Pictures share pieces of memory of this size: one piece each would cost a mapping of the system each. */
const slabBytes = 64 * 1024 * 1024;

/** Collects `count` resized pictures in memory that threads share. */
export function memoryWriter(count: number): PictureWriter {
  const slabs: SharedArrayBuffer[] = [];
  const [width, height, slab] = [new Uint32Array(count), new Uint32Array(count), new Uint32Array(count)];
  const offset = new Float64Array(count);
  let used = 0;
  const add = async (index: number, pixels: Pixels): Promise<void> => {
    const { length } = pixels.data;
    if (slabs.length === 0 || used + length > (slabs.at(-1)?.byteLength ?? 0)) {
      slabs.push(new SharedArrayBuffer(Math.max(slabBytes, length)));
      used = 0;
    }
    new Uint8Array(slabs.at(-1) as SharedArrayBuffer, used).set(pixels.data);
    slab[index] = slabs.length - 1;
    offset[index] = used;
    width[index] = pixels.width;
    height[index] = pixels.height;
    used += length;
  };
  const finish: PictureWriter['finish'] = async () => ({
    mode: 'memory',
    slabs,
    slab,
    offset,
    width,
    height,
  });
  return { add, finish, abandon: async () => {} };
}
