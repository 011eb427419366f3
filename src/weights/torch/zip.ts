import { type UnzipFileInfo, unzipSync } from 'fflate';
import { SnapshelfError } from '../../errors.ts';
import { invalid, quote } from '../failures.ts';
import { Budget } from '../pickle/budget.ts';
import { ByteReader } from '../pickle/byte-reader.ts';
import { unpickle } from '../pickle/unpickle.ts';
import { torchHost } from './globals.ts';
import { StorageTable } from './storage.ts';

/** True if bytes begin like a zip archive. */
export const looksLikeZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 0x03 && bytes[3] === 0x04;

/**
 * Reads the object in a file of `torch.save` since PyTorch 1.6: a zip archive with one folder, in it `data.pkl` and one
 * entry `data/KEY` for each storage. Source: docs/source/notes/serialization.rst of PyTorch.
 *
 * @throws SnapshelfError `weights-invalid`, `weights-unsafe`
 */
export function readZipFile(bytes: Uint8Array): unknown {
  const entries = unzip(bytes);
  const order = entries.get('byteorder');
  if (order !== undefined && Buffer.from(order).toString() !== 'little')
    throw invalid('The file was written on a big-endian machine, which is not supported.');
  const pickle = entries.get('data.pkl');
  if (pickle === undefined) throw invalid('The zip archive has no data.pkl, so torch.save did not write it.');
  const storages = new StorageTable();
  const object = unpickle(new ByteReader(pickle), torchHost(storages, new Budget()));
  for (const [key, storage] of storages.entries()) {
    const data = entries.get(`data/${key}`);
    if (data === undefined) throw invalid(`The zip archive lacks the elements data/${quote(key)}.`);
    storage.fill(data);
  }
  return object;
}

/** The entries that torch.save writes, all in one folder. */
const wanted = /^[^/]*\/(data\.pkl|byteorder|data\/[^/]+)$/;

function unzip(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const filter = entryFilter(bytes.length);
  try {
    const files = Object.entries(unzipSync(bytes, { filter }));
    return new Map(files.map(([name, data]) => [wanted.exec(name)?.[1] ?? name, data]));
  } catch (cause) {
    if (cause instanceof SnapshelfError) throw cause;
    throw invalid('The zip archive is damaged.', cause);
  }
}

/**
 * Chooses the wanted entries. PyTorch never compresses, so nothing is inflated. Entries cannot overlap, so all of them
 * together cannot be larger than the archive. An entry without a name is outside the archive.
 */
function entryFilter(archiveSize: number): (entry: UnzipFileInfo) => boolean {
  const seen = new Set<string>();
  let total = 0;
  return ({ name, size, originalSize, compression }) => {
    total += size;
    if (name === '' || seen.has(name) || !(total <= archiveSize))
      throw invalid('The zip archive is damaged.');
    seen.add(name);
    if (!wanted.test(name)) return false;
    if (compression !== 0 || size !== originalSize)
      throw invalid(`The zip entry ${quote(name)} is compressed, which torch.save never does.`);
    return true;
  };
}
