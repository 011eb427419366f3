import { mixSeed, randomNumbers } from '../random.ts';

/** Puts the first `count` of `values` in a random order drawn from all of them (Fisher and Yates), in place. */
function shuffle(values: Int32Array, count: number, random: () => number): void {
  for (let at = 0; at < count; at++) {
    const other = at + Math.floor(random() * (values.length - at));
    const kept = values[at] ?? 0;
    values[at] = values[other] ?? 0;
    values[other] = kept;
  }
}

function checkWhole(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`${name} must be a whole number from 1, not ${value}`);
}

function checkEnough(count: number, batch: number): void {
  if (count < batch) throw new RangeError(`${count} samples are fewer than one batch of ${batch}`);
}

/**
 * The batches of one epoch: every sample at most once, in an order that follows from seed and epoch alone. The last
 * batch is dropped where it would not be full.
 * @param count how many samples there are
 * @returns floor(count / batch) batches, each `int32[batch]` of positions from 0 to count - 1
 * @throws RangeError when there are fewer samples than one batch takes.
 */
export function shuffledBatches(count: number, batch: number, seed: number, epoch: number): Int32Array[] {
  checkWhole('batch', batch);
  checkEnough(count, batch);
  const order = Int32Array.from({ length: count }, (_, at) => at);
  shuffle(order, count, randomNumbers(mixSeed(seed, epoch)));
  return Array.from({ length: Math.floor(count / batch) }, (_, at) =>
    order.slice(at * batch, (at + 1) * batch),
  );
}

/** The positions of each label's samples, by label in ascending order. */
function groupByLabel(labels: Int32Array): Int32Array[] {
  const groups = new Map<number, number[]>();
  for (const [at, label] of labels.entries()) {
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [at]);
    else group.push(at);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, positions]) => Int32Array.from(positions));
}

/** `count` of the members: different ones, or any where there are fewer. */
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
 * The batches of one epoch for losses that compare samples: each has `P` different labels and `S` different samples
 * of each (drawn with replacement for a label that has fewer), the samples of a label side by side. Each batch follows
 * from seed, epoch and its place alone; labels are drawn alike, however many samples they have.
 * @param labels the label of every sample
 * @returns floor(labels.length / (P * S)) batches, each `int32[P * S]` of positions in `labels`
 * @throws RangeError when there are fewer samples than one batch takes, or fewer than `P` labels.
 */
export function labelBatches(
  labels: Int32Array,
  P: number,
  S: number,
  seed: number,
  epoch: number,
): Int32Array[] {
  checkWhole('P', P);
  checkWhole('S', S);
  checkEnough(labels.length, P * S);
  const groups = groupByLabel(labels);
  if (groups.length < P)
    throw new RangeError(`there are ${groups.length} labels, fewer than the ${P} of one batch`);
  return Array.from({ length: Math.floor(labels.length / (P * S)) }, (_, at) =>
    labelBatch(groups, P, S, randomNumbers(mixSeed(seed, epoch, at))),
  );
}
