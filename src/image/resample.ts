// PIL's resampling, bit for bit (`src/libImaging/Resample.c`, Pillow 13): coefficients in 22-bit fixed point, 8 bits in
// between. libvips reduces faster and within a level of this, but enlarges half a pixel off.
import { checkBox, type Rectangle } from './crop.ts';
import { precision, type Taps, tapsOfLine } from './filter-taps.ts';
import { checkPixels, type Picture, type Pixels } from './pixels.ts';
import type { Filter, Size } from './preprocessing-plan.ts';

/** Added to a sum of weights so that the shift rounds to the nearest. */
const half = 2 ** (precision - 1);

/** Pixels inside a larger picture: `offset` is the start of their first row, `stride` the distance of rows, in bytes. */
interface Region {
  readonly data: Uint8Array;
  readonly offset: number;
  readonly stride: number;
  readonly width: number;
  readonly height: number;
}

const regionOf = ({ data, width }: Picture, { left, top, ...size }: Rectangle): Region => ({
  data,
  offset: (top * width + left) * 3,
  stride: width * 3,
  ...size,
});

// A sum of weights is 2^22 and little more without its negative ones, so sums of bytes stay within int32.
const clamp = (fixed: number): number => {
  const value = fixed >> precision;
  return value < 0 ? 0 : value > 255 ? 255 : value;
};

/** Resamples one row. Written out for three channels, with indexes: most of the time is spent here. */
function resampleRow(input: Uint8Array, at: number, taps: Taps, output: Uint8Array, out: number): void {
  const { outputs, stride, first, count, weights } = taps;
  for (let x = 0, to = out; x < outputs; x++, to += 3) {
    let red = half;
    let green = half;
    let blue = half;
    let from = at + (first[x] ?? 0) * 3;
    const start = x * stride;
    const end = start + (count[x] ?? 0);
    for (let i = start; i < end; i++, from += 3) {
      const weight = weights[i] ?? 0;
      red = (red + Math.imul(input[from] ?? 0, weight)) | 0;
      green = (green + Math.imul(input[from + 1] ?? 0, weight)) | 0;
      blue = (blue + Math.imul(input[from + 2] ?? 0, weight)) | 0;
    }
    output[to] = clamp(red);
    output[to + 1] = clamp(green);
    output[to + 2] = clamp(blue);
  }
}

function resampleRows({ data, offset, stride, height }: Region, taps: Taps): Region {
  const width = taps.outputs;
  const output = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) resampleRow(data, offset + y * stride, taps, output, y * width * 3);
  return { data: output, offset: 0, stride: width * 3, width, height };
}

/** Resamples one output row, three columns at a time, which share the look-up of a weight. */
function resampleColumn(
  { data, offset, stride, width }: Region,
  taps: Taps,
  y: number,
  output: Uint8Array,
): void {
  const { weights } = taps;
  const start = y * taps.stride;
  const end = start + (taps.count[y] ?? 0);
  const top = offset + (taps.first[y] ?? 0) * stride;
  const out = y * width * 3;
  for (let column = 0; column < width * 3; column += 3) {
    let red = half;
    let green = half;
    let blue = half;
    for (let i = start, from = top + column; i < end; i++, from += stride) {
      const weight = weights[i] ?? 0;
      red = (red + Math.imul(data[from] ?? 0, weight)) | 0;
      green = (green + Math.imul(data[from + 1] ?? 0, weight)) | 0;
      blue = (blue + Math.imul(data[from + 2] ?? 0, weight)) | 0;
    }
    output[out + column] = clamp(red);
    output[out + column + 1] = clamp(green);
    output[out + column + 2] = clamp(blue);
  }
}

function resampleColumns(region: Region, taps: Taps): Region {
  const { width } = region;
  const output = new Uint8Array(taps.outputs * width * 3);
  for (let y = 0; y < taps.outputs; y++) resampleColumn(region, taps, y, output);
  return { data: output, offset: 0, stride: width * 3, width, height: taps.outputs };
}

/** Returns the rows that `taps` read, with the taps moved accordingly: other rows need not be resampled. */
function usedRows(region: Region, taps: Taps): { region: Region; taps: Taps } {
  const start = taps.first.reduce((least, first) => Math.min(least, first), region.height);
  const end = taps.first.reduce((most, first, i) => Math.max(most, first + (taps.count[i] ?? 0)), 0);
  return {
    region: { ...region, offset: region.offset + start * region.stride, height: end - start },
    taps: { ...taps, first: taps.first.map((first) => first - start) },
  };
}

/**
 * True if Pillow 13 resamples the columns first, which it does if that removes most; found by trial, since the 8 bits in
 * between show the order.
 */
const columnsFirst = (from: Size, to: Size): boolean =>
  to.height < from.height && from.height - to.height > 2 * (from.width - to.width);

function resampleRegion(region: Region, size: Size, kept: Rectangle, filter: Filter): Pixels {
  const columns = tapsOfLine(region.width, size.width, kept.left, kept.width, filter);
  const rows = tapsOfLine(region.height, size.height, kept.top, kept.height, filter);
  const used = usedRows(region, rows);
  const { data, width, height } = columnsFirst(region, size)
    ? resampleRows(resampleColumns(used.region, used.taps), columns)
    : resampleColumns(resampleRows(used.region, columns), used.taps);
  // Both passes make new arrays.
  return { data: data as Uint8Array<ArrayBuffer>, width, height };
}

/**
 * Resizes `pixels` to `size` and returns the part `kept`: bit for bit PIL's `resize` followed by `crop`. It computes only
 * the kept part, on the calling thread: 1 to 2 ms for 224 x 224 pixels.
 * @throws RangeError if the pixels do not fit their size.
 */
export function resample(pixels: Picture, size: Size, kept: Rectangle, filter: Filter): Pixels {
  checkPixels(pixels);
  const whole = { left: 0, top: 0, width: pixels.width, height: pixels.height };
  return resampleRegion(regionOf(pixels, whole), size, kept, filter);
}

/**
 * Resizes the part `box` of `pixels` to `size`: bit for bit PIL's `crop` followed by `resize`, that is, torchvision's
 * `resized_crop`. Nothing outside the box has an influence. It takes 1 to 2 ms of the calling thread for 224 x 224 pixels.
 * @throws RangeError if the pixels do not fit their size, or the box is not whole pixels inside them.
 */
export function resizedCrop(pixels: Picture, box: Rectangle, size: Size, filter: Filter): Pixels {
  checkPixels(pixels);
  checkBox(pixels, box);
  return resampleRegion(regionOf(pixels, box), size, { left: 0, top: 0, ...size }, filter);
}
