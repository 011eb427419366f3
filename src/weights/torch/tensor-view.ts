import { countElements, type ElementType, elementArrays } from '../../tensor/index.ts';
import { invalid } from '../failures.ts';
import { isShape, type WeightTensor } from '../weight-tensor.ts';
import { Storage } from './storage.ts';

/** A view of a storage: element `i` is at `offset + sum(i[axis] * strides[axis])`. */
export class TensorView implements WeightTensor {
  readonly storage: Storage;
  readonly offset: number;
  readonly dims: readonly number[];
  readonly strides: readonly number[];

  /**
   * Makes a view from the arguments of `torch._utils._rebuild_tensor`.
   *
   * @throws SnapshelfError `weights-invalid` if they are invalid
   */
  constructor([storage, offset, dims, strides]: readonly unknown[]) {
    if (!(storage instanceof Storage) || !isShape([offset]) || !isShape(dims) || !isStrides(strides))
      throw invalid('The pickle has a tensor without a valid storage, offset, size or stride.');
    if (dims.length !== strides.length)
      throw invalid(`The pickle has a tensor of ${dims.length} sizes and ${strides.length} strides.`);
    this.storage = storage;
    this.offset = Number(offset);
    this.dims = [...dims];
    this.strides = [...strides];
    this.#checkInside();
  }

  get length(): number {
    return countElements(this.dims);
  }

  #checkInside(): void {
    if (this.length === 0) return;
    const last = this.dims.reduce(
      (sum, dim, axis) => sum + (dim - 1) * (this.strides[axis] ?? 0),
      this.offset,
    );
    if (last >= this.storage.length)
      throw invalid(`A tensor of shape [${this.dims}] reaches past its ${this.storage.length} elements.`);
  }

  /** True if its elements follow each other in row-major order. */
  get contiguous(): boolean {
    let expected = 1;
    for (let axis = this.dims.length - 1; axis >= 0; axis--) {
      const dim = this.dims[axis] ?? 0;
      if (dim !== 1 && this.strides[axis] !== expected) return false;
      expected *= dim;
    }
    return true;
  }

  get dataType(): ElementType {
    return this.storage.dataType;
  }

  /** The dense elements, which share memory with the storage if they can. */
  get data(): WeightTensor['data'] {
    const { storage, offset, length } = this;
    if (this.contiguous || length === 0) return storage.data.subarray(offset, offset + length);
    return this.#gather();
  }

  /** Copies the elements in row-major order. */
  #gather(): WeightTensor['data'] {
    const { data, dataType } = this.storage;
    const gathered = new elementArrays[dataType](this.length);
    const index = this.dims.map(() => 0);
    for (let i = 0, position = this.offset; i < gathered.length; i++) {
      gathered[i] = data[position] ?? 0;
      position += this.#step(index);
    }
    return gathered;
  }

  /** Moves `index` to the next element and returns the distance in the storage. */
  #step(index: number[]): number {
    let distance = 0;
    for (let axis = index.length - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      const stride = this.strides[axis] ?? 0;
      distance += stride;
      if (next < (this.dims[axis] ?? 0)) {
        index[axis] = next;
        return distance;
      }
      index[axis] = 0;
      distance -= next * stride;
    }
    return distance;
  }
}

const isStrides = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((stride) => Number.isSafeInteger(stride) && stride >= 0);
