import { type ElementType, elementArrays } from '../../tensor/index.ts';
import { invalid, quote } from '../failures.ts';
import { Foreign } from '../pickle/foreign.ts';
import { elementsOf, type WeightData } from '../weight-tensor.ts';

/** A class such as `torch.FloatStorage`, which only names an element type in a pickle. */
export class StorageClass {
  readonly dataType: ElementType;

  constructor(dataType: ElementType) {
    this.dataType = dataType;
  }
}

/** A flat run of elements that tensors are views of. Its data follows the pickle that names it. */
export class Storage {
  readonly dataType: ElementType;
  /** The number of elements. */
  readonly length: number;
  #bytes: Uint8Array | undefined;
  #data: WeightData | undefined;

  constructor(dataType: ElementType, length: number) {
    this.dataType = dataType;
    this.length = length;
  }

  get byteLength(): number {
    return this.length * elementArrays[this.dataType].BYTES_PER_ELEMENT;
  }

  /**
   * The elements, copied from the file when they are first asked for: most of a checkpoint never is.
   *
   * @throws SnapshelfError `weights-invalid` if the file lacks them
   */
  get data(): WeightData {
    if (this.#bytes === undefined) throw invalid("A tensor's elements are missing from the file.");
    this.#data ??= elementsOf(this.dataType, this.#bytes);
    return this.#data;
  }

  fill(bytes: Uint8Array): void {
    if (bytes.length !== this.byteLength)
      throw invalid(`A storage of ${this.length} ${this.dataType} elements has ${bytes.length} bytes.`);
    this.#bytes = bytes;
  }
}

/** The storages that a pickle names by persistent ids. */
export class StorageTable {
  readonly #storages = new Map<string, Storage>();

  /**
   * Returns the storage of a persistent id, which is the tuple ('storage', class, key, device, number of elements); an
   * opaque object if its class is not known. The legacy format adds the part that is viewed, which PyTorch stopped using
   * in 2017.
   *
   * @throws SnapshelfError `weights-invalid` if it is another tuple, or contradicts an earlier one of its key
   */
  load(id: unknown): Storage | Foreign {
    const [kind, storageClass, key, , length, view = null] = Array.isArray(id) ? id : [];
    if (kind === 'storage' && storageClass instanceof Foreign) return storageClass;
    if (kind !== 'storage' || typeof key !== 'string' || !(storageClass instanceof StorageClass))
      throw invalid('The pickle refers to something outside it that is not a storage.');
    if (view !== null) throw invalid(`The storage ${quote(key)} is a view, which is not supported.`);
    if (!Number.isSafeInteger(length) || length < 0)
      throw invalid(`The storage ${quote(key)} has an impossible number of elements.`);
    return this.#share(key, new Storage(storageClass.dataType, length));
  }

  #share(key: string, storage: Storage): Storage {
    const known = this.#storages.get(key);
    if (known === undefined) this.#storages.set(key, storage);
    else if (known.dataType !== storage.dataType || known.length !== storage.length)
      throw invalid(`The storage ${quote(key)} is described in two ways.`);
    return known ?? storage;
  }

  get(key: unknown): Storage | undefined {
    return typeof key === 'string' ? this.#storages.get(key) : undefined;
  }

  entries(): Iterable<[string, Storage]> {
    return this.#storages.entries();
  }
}
