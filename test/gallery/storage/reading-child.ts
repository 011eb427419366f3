// Opens a data folder as another user and does one thing with it; run by unchanging-file.test.ts.
import { SnapshelfError } from '../../../src/errors.ts';
import { Gallery } from '../../../src/gallery/index.ts';

const [, , directory = '', mode = ''] = process.argv;
process.setgid?.(65_534);
process.setuid?.(65_534);

async function attempt(): Promise<string> {
  await using gallery = await Gallery.open(directory, { readOnly: mode !== 'write' });
  if (mode === 'write') await gallery.delete('shop', ['a']);
  const { hits } = await gallery.search('shop', Float32Array.of(1, 0), {
    filter: { field: 'metadata.n', equals: 1 },
  });
  return hits.map(({ item: { id } }) => id).join();
}

const result = await attempt().catch((error: unknown) =>
  error instanceof SnapshelfError ? `${error.code}: ${error.message}` : `unforeseen: ${String(error)}`,
);
console.log(result);
