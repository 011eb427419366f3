import { type CropBox, defaultLimits, type Preprocessing, readHeader, seenArea } from '../image/index.ts';
import { type CellModel, cellModel, loadModelFile } from '../model/index.ts';
import type { Embedding } from './embed-request.ts';
import { Embedder } from './embedder.ts';
import type { EmbedderOptions, EmbedImageOptions } from './options.ts';
import { type CellBox, subjectCells } from './subject-cells.ts';

/** The cells of a picture's feature map. */
export interface PictureCells {
  readonly rows: number;
  readonly columns: number;
  /** The size of the upright picture in pixels. */
  readonly width: number;
  readonly height: number;
  /** The part of it that the cells cover, in pixels; it may reach beyond the picture. */
  readonly area: CropBox;
  /** The activation of each cell, row by row. */
  readonly activation: Float32Array;
  /** The features of the cells, `float32[rows*columns,D]`: their mean is the embedding. Empty where it is no such mean. */
  readonly features: Float32Array;
  readonly timings: Embedding['timings'];
}

/** The subject of a picture. */
export interface Subject {
  /** The box to look at, in whole pixels of the upright picture. */
  readonly crop: CropBox;
  readonly timings: Embedding['timings'];
}

/** The whole picture at the size of the model's input, whatever its proportions: a centre crop would leave out what stands aside. */
const squashed = ({ resize, crop }: Preprocessing): Preprocessing => ({
  resize: {
    mode: 'squash',
    width: crop.width,
    height: crop.height,
    filter: resize.mode === 'none' ? 'bilinear' : resize.filter,
  },
  crop,
});

/** Returns `length` pixels around the middle of a range, moved into `0..end`, with whole ends. */
function around(from: number, to: number, length: number, end: number): readonly [number, number] {
  const least = Math.min(end, Math.max(to - from, length));
  const start = Math.min(Math.max((from + to - least) / 2, 0), end - least);
  return [Math.floor(start), Math.min(end, Math.ceil(start + least))];
}

/**
 * Returns the box of a picture whose centre crop shows all of some cells: models reduce the short side, and what they leave out at the
 * edges is not the subject's.
 */
function framed(
  { left, top, right, bottom }: CellBox,
  { rows, columns, area }: PictureCells,
  { resize, crop }: Preprocessing,
): CropBox {
  const { width, height } = area;
  const x = [(left * width) / columns, (right * width) / columns] as const;
  const y = [(top * height) / rows, (bottom * height) / rows] as const;
  // The pixels of the picture that one pixel of the input stands for, so that the subject fits into it.
  const scale = Math.max((x[1] - x[0]) / crop.width, (y[1] - y[0]) / crop.height);
  const side = resize.mode === 'short-side' ? Math.max(resize.size, crop.width, crop.height) * scale : 0;
  const [x0, x1] = around(...x, side, width);
  const [y0, y1] = around(...y, side, height);
  return { unit: 'pixels', left: x0, top: y0, width: x1 - x0, height: y1 - y0 };
}

/**
 * Says where in pictures a model looks, by the feature map that its embedding is pooled from. It holds a session of its own, for one
 * picture at a time.
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { CellEmbedder } from 'snapshelf';
 *
 * await using cells = await CellEmbedder.open('models/snapshelf-lite.onnx');
 * const { crop } = await cells.subject(await readFile('photo.jpg'));
 * console.log(crop.left, crop.top, crop.width, crop.height);
 * ```
 */
export class CellEmbedder {
  readonly #cells: CellModel;
  readonly #embedder: Embedder;
  readonly #limits: NonNullable<EmbedderOptions['limits']>;

  private constructor(cells: CellModel, embedder: Embedder, { limits = defaultLimits }: EmbedderOptions) {
    this.#cells = cells;
    this.#embedder = embedder;
    this.#limits = limits;
  }

  /** Loads the model into a thread. @throws SnapshelfError `no-feature-map`, else as `Embedder.open`. */
  static async open(modelPath: string, options: EmbedderOptions = {}): Promise<CellEmbedder> {
    const cells = cellModel(await loadModelFile(modelPath));
    const instead = { bytes: cells.bytes, numbers: cells.rows * cells.columns * (1 + cells.dimension) };
    const one = { ...options, workers: 1, maxBatch: 1 };
    const embedder = await Embedder.open(modelPath, one, { batchSizes: [1], instead });
    return new CellEmbedder(cells, embedder, options);
  }

  /**
   * True if the mean of the cells' features is the embedding: if not, as behind a softmax, it cannot be told what a cell adds to a
   * match.
   */
  get hasFeatures(): boolean {
    return this.#cells.dimension > 0;
  }

  /** Computes the cells of a picture as the model sees it. @throws SnapshelfError as `Embedder.embed`. */
  look(image: Uint8Array, options: EmbedImageOptions = {}): Promise<PictureCells> {
    return this.#look(image, options, this.#preprocessing);
  }

  /**
   * Finds the subject of a picture: the box around the largest part of it that the model responds to more than on average.
   * @throws SnapshelfError as `Embedder.embed`.
   */
  async subject(image: Uint8Array, options: Pick<EmbedImageOptions, 'signal'> = {}): Promise<Subject> {
    const cells = await this.#look(image, options, squashed(this.#preprocessing));
    const { activation, rows, columns, timings } = cells;
    return { crop: framed(subjectCells(activation, rows, columns), cells, this.#preprocessing), timings };
  }

  /** Ends the thread. */
  close(): Promise<void> {
    return this.#embedder.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #preprocessing(): Preprocessing {
    return this.#embedder.info.model.metadata.preprocessing;
  }

  async #look(
    image: Uint8Array,
    options: EmbedImageOptions,
    preprocessing: Preprocessing,
  ): Promise<PictureCells> {
    const { rows, columns, dimension } = this.#cells;
    const [size, { vector, timings }] = await Promise.all([
      readHeader(image, this.#limits),
      this.#embedder.embed(image, { ...options, preprocessing }),
    ]);
    const activation = new Float32Array(rows * columns);
    const features = new Float32Array(rows * columns * dimension);
    for (let cell = 0; cell < rows * columns; cell += 1) {
      const at = cell * (1 + dimension);
      activation[cell] = vector[at] as number;
      features.set(vector.subarray(at + 1, at + 1 + dimension), cell * dimension);
    }
    const { width, height } = size;
    const area = seenArea(size, preprocessing, options.crop);
    return { rows, columns, width, height, area, activation, features, timings };
  }
}
