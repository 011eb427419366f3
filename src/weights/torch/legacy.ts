import { invalid } from '../failures.ts';
import { Budget } from '../pickle/budget.ts';
import { ByteReader } from '../pickle/byte-reader.ts';
import { unpickle } from '../pickle/unpickle.ts';
import { torchHost } from './globals.ts';
import { StorageTable } from './storage.ts';

const magicNumber = 0x1950a86a20f9469cfc6cn;
const protocolVersion = 1001;

/** True if bytes begin like a pickle of protocol 2 or later. */
export const looksLikePickle = (bytes: Uint8Array): boolean => bytes[0] === 0x80;

/**
 * Reads the object in a file of `torch.save` before PyTorch 1.6 (or with `_use_new_zipfile_serialization=False`): five
 * pickles (magic number, version, machine, object, storage keys), then each storage as its length (int64) and elements.
 * Source: `_legacy_load` in torch/serialization.py.
 *
 * @throws SnapshelfError `weights-invalid`, `weights-unsafe`
 */
export function readLegacyFile(bytes: Uint8Array): unknown {
  const reader = new ByteReader(bytes);
  const storages = new StorageTable();
  const host = torchHost(storages, new Budget());
  if (unpickle(reader, host) !== magicNumber || unpickle(reader, host) !== protocolVersion)
    throw invalid('The file is a pickle, but not one that torch.save wrote.');
  checkMachine(unpickle(reader, host));
  const object = unpickle(reader, host);
  readStorages(reader, storages, unpickle(reader, host));
  return object;
}

function checkMachine(machine: unknown): void {
  if (!(machine instanceof Map) || machine.get('little_endian') !== true)
    throw invalid('The file was written on a big-endian machine, which is not supported.');
}

function readStorages(reader: ByteReader, storages: StorageTable, keys: unknown): void {
  if (!Array.isArray(keys)) throw invalid('The list of storages is missing from the file.');
  for (const key of keys) {
    const storage = storages.get(key);
    if (storage === undefined) throw invalid('The file has a storage that no tensor uses.');
    if (reader.uint64() !== storage.length)
      throw invalid('A storage has another length than its tensors say.');
    storage.fill(reader.bytes(storage.byteLength));
  }
}
