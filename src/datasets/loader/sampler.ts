import { checkWhole } from '../../arguments.ts';
import { mixSeed, randomNumbers } from '../../random.ts';
import { counted } from '../../text.ts';

/** Draws the first `count` of `values` at random from all of them, in place (Fisher and Yates). */
function shuffle(values: Int32Array, count: number, random: () => number): void {
  for (let at = 0; at < count; at++) {
    const other = at + Math.floor(random() * (values.length - at));
    const kept = values[at] ?? 0;
    values[at] = values[other] ?? 0;
    values[other] = kept;
  }
}

function checkEnough(count: number, batch: number): void {
  if (count < batch)
    throw new RangeError(`${counted(count, 'sample is', 'samples are')} fewer than one batch of ${batch}.`);
}

/**
 * Returns the batches of one epoch: every sample at most once, in an order that follows from seed and epoch alone. The
 * last batch is dropped unless it is full.
 *
 * @param count - the number of samples
 * @returns floor(count / batch) batches, each `int32[batch]` of positions from 0 to count - 1
 * @throws RangeError if there are fewer samples than one batch takes
 */
export function shuffledBatches(count: number, batch: number, seed: number, epoch: number): Int32Array[] {
  checkWhole('batch', batch, { from: 1 });
  checkEnough(count, batch);
  const order = Int32Array.from({ length: count }, (_, at) => at);
  shuffle(order, count, randomNumbers(mixSeed(seed, epoch)));
  return Array.from({ length: Math.floor(count / batch) }, (_, at) =>
    order.slice(at * batch, (at + 1) * batch),
  );
}

/** Returns the positions of each label's samples, by label in ascending order. */
function groupByLabel(labels: Int32Array): Int32Array[] {
  const groups = new Map<number, number[]>();
  for (const [at, label] of labels.entries()) {
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [at]);
    else group.push(at);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, positions]) => Int32Array.from(positions));
}

/** Members that come again and again: all of them, in an order drawn at random, before the first comes again. */
class Turns {
  readonly #members: Int32Array;
  readonly #random: () => number;
  #at: number;

  constructor(members: Int32Array, random: () => number) {
    this.#members = members;
    this.#random = random;
    this.#at = members.length;
  }

  next(): number {
    if (this.#at === this.#members.length) {
      shuffle(this.#members, this.#members.length, this.#random);
      this.#at = 0;
    }
    return this.#members[this.#at++] ?? 0;
  }
}

/**
 * Returns the batches of one epoch in which the labels come equally often, to within one, however many samples they have.
 * The samples of a label take turns too. The order follows from seed and epoch alone.
 *
 * @param labels - the label of every sample
 * @returns floor(labels.length / batch) batches, each `int32[batch]` of positions in `labels`
 * @throws RangeError if there are fewer samples than one batch takes
 */
export function balancedBatches(
  labels: Int32Array,
  batch: number,
  seed: number,
  epoch: number,
): Int32Array[] {
  checkWhole('batch', batch, { from: 1 });
  checkEnough(labels.length, batch);
  const random = randomNumbers(mixSeed(seed, epoch));
  const samples = groupByLabel(labels).map((members) => new Turns(members, random));
  const order = new Turns(Int32Array.from(samples.keys()), random);
  const next = (): number => samples[order.next()]?.next() ?? 0;
  return Array.from({ length: Math.floor(labels.length / batch) }, () =>
    Int32Array.from({ length: batch }, next),
  );
}

/** Draws `count` members: different ones, or with replacement if there are fewer. */
function draw(members: Int32Array, count: number, random: () => number): Int32Array {
  if (members.length < count)
    return Int32Array.from({ length: count }, () => members[Math.floor(random() * members.length)] ?? 0);
  const pool = members.slice();
  shuffle(pool, count, random);
  return pool.subarray(0, count);
}

function labelBatch(groups: readonly Int32Array[], P: number, S: number, random: () => number): Int32Array {
  const chosen = Int32Array.from(groups.keys());
  shuffle(chosen, P, random);
  const batch = new Int32Array(P * S);
  for (let at = 0; at < P; at++) batch.set(draw(groups[chosen[at] ?? 0] ?? chosen, S, random), at * S);
  return batch;
}

/**
 * Returns the batches of one epoch for losses that compare samples. Each has `P` different labels and `S` different samples
 * of each (with replacement for a label that has fewer), the samples of a label side by side. A batch follows from seed,
 * epoch and its place alone. All labels are equally likely, however many samples they have.
 *
 * @param labels - the label of every sample
 * @returns floor(labels.length / (P * S)) batches, each `int32[P * S]` of positions in `labels`
 * @throws RangeError if there are fewer samples than one batch takes, or fewer than `P` labels
 */
export function labelBatches(
  labels: Int32Array,
  P: number,
  S: number,
  seed: number,
  epoch: number,
): Int32Array[] {
  checkWhole('P', P, { from: 1 });
  checkWhole('S', S, { from: 1 });
  checkEnough(labels.length, P * S);
  const groups = groupByLabel(labels);
  if (groups.length < P)
    throw new RangeError(
      `The samples have ${counted(groups.length, 'label')}, fewer than the ${P} of one batch.`,
    );
  return Array.from({ length: Math.floor(labels.length / (P * S)) }, (_, at) =>
    labelBatch(groups, P, S, randomNumbers(mixSeed(seed, epoch, at))),
  );
}
