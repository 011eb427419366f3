import type { Sliced } from '../../threads/index.ts';
import {
  checkDimension,
  type DistanceTo,
  distanceFrom,
  type MetricChoice,
  type Neighbour,
  TopK,
} from '../../vectors/index.ts';
import type { Bitmap } from './bitmap.ts';
import { codeQuery, divisorOf, metricBounds } from './points.ts';
import type { RowTable } from './row-table.ts';
import { scanWords } from './scan-words.ts';
import { type Candidate, Shortlist } from './shortlist.ts';
import { rowsPerWord } from './vector-chunk.ts';
import type { OfferDistance, VectorMemory } from './vector-memory.ts';

/** Numbers whose products are computed in one slice: one or two milliseconds. */
const codesPerSlice = 2 ** 24;
/** Numbers whose distances are computed in one slice. */
const numbersPerSlice = 2 ** 20;

/** Candidates whose distances are computed before the rest is looked at again. */
const rowsPerSettling = 64;

/** The wish of one scan. */
export interface ExactQuery {
  readonly vector: Float32Array;
  readonly choice: MetricChoice;
  /** Neighbours that are wanted. */
  readonly n: number;
  /** The rows that may be found; undefined for all. */
  readonly allow?: Bitmap | undefined;
  /** Nearer vectors are passed over. Default 0. */
  readonly from?: number | undefined;
}

/**
 * Finds the `n` nearest vectors of a memory by distance, then sequence number, in slices. It reads the codes of all rows
 * that are allowed, and the vectors of those that by their codes may be among the nearest.
 * @throws RangeError if the vector has not the space's dimension; SnapshelfError `gallery-damaged` for one in the
 * collection that holds something other than finite numbers.
 */
export function* exactScan(memory: VectorMemory, query: ExactQuery): Sliced<Neighbour[]> {
  const { vector, choice, n, allow, from = 0 } = query;
  checkDimension(vector, memory.space.dimension);
  const distance = distanceFrom(vector, choice);
  yield* memory.fill();
  const rows = memory.table.living.clone().and(memory.present);
  if (allow !== undefined) rows.and(withLength(allow, rows.length));
  const divisor = divisorOf(vector, choice.metric);
  const best = new TopK(n);
  const offer: OfferDistance = (sequence, far) => {
    if (far >= from) best.offer(sequence, far);
  };
  if (!memory.isCoded || divisor === 0 || rows.count() <= 2 * n)
    yield* measureAll(memory, sequencesOf(rows, memory.table), distance, offer);
  else
    yield* settle(memory, yield* shortlist(memory, rows, query, divisor), query, { distance, offer, best });
  return best.sorted();
}

/** A set of rows as of before some were added, or removed by a compaction: those have no place in it. */
function withLength(allow: Bitmap, length: number): Bitmap {
  if (allow.length === length) return allow;
  const longer = allow.clone();
  longer.grow(length);
  return longer;
}

/**
 * Computes the distances of these sequence numbers, in slices, and returns them by distance. Those without a vector are left out.
 * @throws as `exactScan`.
 */
export function* nearestOf(
  memory: VectorMemory,
  sequences: readonly number[],
  { vector, choice }: Pick<ExactQuery, 'vector' | 'choice'>,
): Generator<void, Neighbour[]> {
  checkDimension(vector, memory.space.dimension);
  const best = new TopK(Math.max(1, sequences.length));
  yield* measureAll(memory, sequences, distanceFrom(vector, choice), (sequence, far) =>
    best.offer(sequence, far),
  );
  return best.sorted();
}

function* sequencesOf(rows: Bitmap, table: RowTable): Generator<number, void> {
  for (const row of rows.rows()) yield table.sequenceAt(row);
}

function* measureAll(
  memory: VectorMemory,
  sequences: Iterable<number>,
  distance: DistanceTo,
  offer: OfferDistance,
): Generator<void> {
  const perSlice = Math.ceil(numbersPerSlice / memory.space.dimension);
  let some: number[] = [];
  for (const sequence of sequences) {
    if (some.push(sequence) < perSlice) continue;
    memory.measure(some, distance, offer);
    some = [];
    yield;
  }
  memory.measure(some, distance, offer);
}

function* shortlist(
  memory: VectorMemory,
  rows: Bitmap,
  { vector, choice, n, from = 0 }: ExactQuery,
  divisor: number,
): Sliced<Candidate[]> {
  const codes = new Int16Array(memory.stride);
  const query = { codes, ...codeQuery(vector, divisor, codes.subarray(0, vector.length)) };
  const { words } = rows;
  const { scanThreads, chunks } = memory;
  const { metric } = choice;
  if (scanThreads?.isFor(rows.count() * memory.stride) === true) {
    const job = { query, words: words.slice(), n, metric, dimension: vector.length, from };
    const found = yield* scanThreads.scan(job, [...chunks]);
    if (found !== undefined) return found;
  }
  const list = new Shortlist(n, metricBounds(metric, vector.length), from);
  const wordsPerSlice = Math.ceil(codesPerSlice / (rowsPerWord * memory.stride));
  let left = wordsPerSlice;
  for (const chunk of chunks) {
    const end = Math.min(words.length, (chunk.start + chunk.capacity) / rowsPerWord);
    for (let word = chunk.start / rowsPerWord; word < end; ) {
      const next = Math.min(end, word + left);
      scanWords(chunk, [word, next], { query, words, list });
      left -= next - word;
      word = next;
      if (left > 0) continue;
      yield;
      left = wordsPerSlice;
    }
  }
  return list.sorted();
}

/** Computes the distances of candidates until those that are left cannot be among the nearest. */
function* settle(
  memory: VectorMemory,
  candidates: readonly Candidate[],
  { choice, vector }: ExactQuery,
  { distance, offer, best }: { distance: DistanceTo; offer: OfferDistance; best: TopK },
): Generator<void> {
  const { least } = metricBounds(choice.metric, vector.length);
  const { table } = memory;
  const perSlice = Math.ceil(numbersPerSlice / (vector.length * rowsPerSettling));
  for (let start = 0; start < candidates.length; start += rowsPerSettling) {
    if (least(candidates[start]?.least ?? 0) > best.limit) return;
    const sequences = candidates
      .slice(start, start + rowsPerSettling)
      .map(({ row }) => table.sequenceAt(row));
    memory.measure(sequences, distance, offer);
    if ((start / rowsPerSettling) % perSlice === perSlice - 1) yield;
  }
}
