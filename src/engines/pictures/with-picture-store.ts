import type { Engine } from '../../engine/index.ts';
import type { PictureStore } from './picture-store.ts';
import { PicturesOutside } from './pictures-outside.ts';

/** The calls that are made through `PicturesOutside`. */
const touched: ReadonlySet<string | symbol> = new Set<keyof PicturesOutside>([
  'upsert',
  'delete',
  'drop',
  'snapshot',
  'restore',
  'image',
  'picture',
  'pictureParts',
  'close',
  Symbol.asyncDispose,
]);

type Method = (...given: never) => unknown;

/**
 * Opens the store of an address: `s3://bucket/prefix`; undefined for `engine`, which keeps pictures where items are.
 * @throws SnapshelfError `engine-not-installed`, `picture-store-unavailable`; RangeError for an address of another form.
 */
export async function openPictureStore(address: string | undefined): Promise<PictureStore | undefined> {
  if (address === undefined || address === 'engine') return undefined;
  const { S3Store } = await import('./s3-store.ts');
  return S3Store.open(address);
}

/**
 * Returns an engine whose pictures are kept in a store. Without one pictures are kept in the engine as ever, and a collection that
 * keeps them elsewhere is neither written to nor are its pictures read.
 */
export function withPictureStore<E extends Engine>(engine: E, store: PictureStore | undefined): E {
  const outside = new PicturesOutside(engine, store);
  return new Proxy(engine, {
    get(target, key) {
      if (touched.has(key)) return (Reflect.get(outside, key) as Method).bind(outside);
      // Its private fields are its own, not the proxy's.
      const value: unknown = Reflect.get(target, key, target);
      // A snapshot would hold references.
      if (key === 'capabilities' && store !== undefined) return { ...target.capabilities, snapshots: false };
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
