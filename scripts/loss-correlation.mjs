// Do cross-entropy and the simplified pairwise cross-entropy (SPCE, eq. 15 of the seed paper) go together over a run?
// Trains small networks from random weights with cross-entropy, and measures both losses of the same weights on the same
// batch before each step. The control runs train on labels that are shuffled among the pictures. Writes the losses of each
// step to OUT.json, a plot to OUT.svg, and prints rank correlations over the steps after the first epoch.
//   npm run build && nice node scripts/loss-correlation.mjs SOURCE --out OUT [--seeds 3] [--epochs 12]
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { balancedBatches, readSource } from '../dist/src/datasets/index.js';
import { GraphBuilder } from '../dist/src/graph/index.js';
import { preprocessImage, readPictureFile } from '../dist/src/image/index.js';
import { architectureOf, buildNetwork, imageInput, sumOfLosses } from '../dist/src/nn/index.js';
import { encodeModel } from '../dist/src/onnx/index.js';
import { mixSeed, randomNumbers, shuffled } from '../dist/src/random.js';
import { renderPlot, theme } from '../dist/src/report/plot.js';
import { Session } from '../dist/src/runtime/index.js';
import { deviceOptions } from '../dist/src/train/step/device.js';
import { initialState } from '../dist/src/train/step/initial-state.js';
import { buildStep } from '../dist/src/train/step/step-graph.js';
import { StepSession } from '../dist/src/train/step/step-session.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string' },
    seeds: { type: 'string', default: '3' },
    epochs: { type: 'string', default: '12' },
    threads: { type: 'string', default: '1' },
  },
});
const [source] = positionals;
if (source === undefined || values.out === undefined) {
  console.error(
    'usage: node scripts/loss-correlation.mjs SOURCE --out OUT [--seeds 3] [--epochs 12] [--threads 1]',
  );
  process.exit(2);
}
const seeds = Array.from({ length: Number(values.seeds) }, (_, at) => at + 1);
const epochs = Number(values.epochs);
const threads = Number(values.threads);
const setup = { architecture: 'resnet50', width: 1 / 8, size: 32, batch: 60, learningRate: 0.05 };
const { architecture, width, size, batch } = setup;
/** Of features as they are, and of features of length 1. */
const columns = ['crossEntropy', 'spce', 'normalized'];

/** All pictures, decoded once, and the numbers of their labels. */
async function readPictures() {
  const { samples } = await readSource(source);
  const names = [...new Set(samples.map(({ label }) => label))].sort();
  const preprocessing = {
    resize: { mode: 'short-side', size, filter: 'bilinear' },
    crop: { width: size, height: size },
  };
  const pictures = [];
  for (const { path, label } of samples)
    pictures.push({
      pixels: await preprocessImage(await readPictureFile(path), preprocessing),
      label: names.indexOf(label),
    });
  return { pictures, classes: names.length };
}

/** Opens the losses of a batch with the weights that are fed, in the mode of training. */
async function openLosses(classes) {
  const g = new GraphBuilder('losses', { batchNorm: 'batch' });
  const image = imageInput(g, size, size, architectureOf(architecture).input, batch);
  const labels = g.input('label', 'int64', [batch]);
  const { feature } = buildNetwork(g, architecture, image, { width });
  const add = (name, as, options = {}) =>
    g.output(
      sumOfLosses(g, [{ name, weight: 1 }], { embedding: feature, labels, classes }, { [name]: options }),
      as,
    );
  add('cross-entropy', 'crossEntropy');
  add('spce', 'spce');
  add('spce', 'normalized', { normalize: true });
  const session = await Session.open(encodeModel(g.build()), { provider: 'cpu', threads });
  const tensor = (data, dims, type = 'float32') => ({ type, dims, data });
  return async ({ images, labels: own }, state) => {
    const weights = [...g.parameters].map(([name, dims]) => [name, tensor(state.get(name), dims)]);
    const outputs = await session.run({
      image: tensor(images, [batch, size, size, 3], 'uint8'),
      label: tensor(own, [batch], 'int64'),
      ...Object.fromEntries(weights),
    });
    return columns.map((name) => outputs[name].data[0]);
  };
}

/** The losses before each step of a run. */
async function train({ pictures, classes }, seed) {
  const step = buildStep({
    architecture,
    network: { width },
    loss: [{ name: 'cross-entropy', weight: 1 }],
    lossSettings: {},
    batchNorm: 'batch',
    optimizer: { momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
    classifierMultiplier: 1,
    backboneMultiplier: 1,
    dropout: 0,
    classes,
    batch,
    size,
    ...(await deviceOptions('cpu')),
  });
  const state = await initialState(step, architecture, undefined, seed);
  const stepper = await StepSession.open(step, state, { provider: 'cpu', threads });
  const losses = await openLosses(classes);
  const labels = Int32Array.from(pictures, ({ label }) => label);
  const found = [];
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    for (const positions of balancedBatches(labels, batch, seed, epoch)) {
      const own = Array.from(positions, (at) => pictures[at]);
      const feed = {
        images: Buffer.concat(own.map(({ pixels }) => pixels)),
        labels: BigInt64Array.from(own, ({ label }) => BigInt(label)),
        learningRate: setup.learningRate,
      };
      const all = await losses(feed, stepper.state);
      const [crossEntropy] = all;
      const [told] = await stepper.run([feed]);
      // Both are of the same weights and batch, or the pair would say nothing.
      if (!(Math.abs(told - crossEntropy) <= 1e-4 * Math.max(1, told)))
        throw new Error(`The step's cross-entropy is ${told}, not ${crossEntropy}.`);
      found.push(all);
    }
    console.error(`epoch ${epoch + 1}: ${found.at(-1).map((value) => value.toFixed(3))}`);
  }
  await stepper.close();
  return found;
}

/** Ranks from 0, equal values at the mean of theirs. */
function ranks(numbers) {
  const order = [...numbers.keys()].sort((a, b) => numbers[a] - numbers[b]);
  const result = new Float64Array(numbers.length);
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && numbers[order[to]] === numbers[order[from]]) to += 1;
    for (let at = from; at < to; at += 1) result[order[at]] = (from + to - 1) / 2;
  }
  return result;
}

function pearson(a, b) {
  const mean = (x) => x.reduce((sum, value) => sum + value, 0) / x.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let at = 0; at < a.length; at += 1) {
    ab += (a[at] - ma) * (b[at] - mb);
    aa += (a[at] - ma) ** 2;
    bb += (b[at] - mb) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

const spearman = (column) => (steps) =>
  pearson(ranks(steps.map((step) => step[0])), ranks(steps.map((step) => step[column])));

/** What is left of each number without the mean of the 25 around it: no trend of the run. */
const withoutTrend = (steps) =>
  steps.map((step, at) => {
    const around = steps.slice(Math.max(0, at - 12), at + 13);
    return step.map(
      (value, column) => value - around.reduce((sum, one) => sum + one[column], 0) / around.length,
    );
  });

const rounded = (value) => Number(value.toFixed(3));

/** A statistic with its 95 % interval by blocks of neighbouring steps, of which each resembles the next. */
function withInterval(steps, statistic, length) {
  const random = randomNumbers(1);
  const drawn = Array.from({ length: 1000 }, () => {
    const sample = [];
    while (sample.length < steps.length) {
      const from = Math.floor(random() * (steps.length - length + 1));
      sample.push(...steps.slice(from, from + length));
    }
    return statistic(sample.slice(0, steps.length));
  }).sort((a, b) => a - b);
  return [statistic(steps), drawn[25], drawn[974]].map(rounded);
}

const data = await readPictures();
const stepsOfEpoch = Math.floor(data.pictures.length / batch);
const runs = [];
for (const seed of seeds)
  for (const labels of ['true', 'shuffled']) {
    const order = shuffled(data.pictures, randomNumbers(mixSeed(seed, 99)));
    const pictures =
      labels === 'true'
        ? data.pictures
        : data.pictures.map((one, at) => ({ ...one, label: order[at].label }));
    console.error(`seed ${seed}, ${labels} labels`);
    runs.push({ seed, labels, losses: await train({ ...data, pictures }, seed) });
  }

const summary = runs.map(({ seed, labels, losses }) => {
  const after = losses.slice(stepsOfEpoch);
  const free = withoutTrend(after);
  const last = losses.slice(-stepsOfEpoch);
  return {
    seed,
    labels,
    steps: after.length,
    spce: withInterval(after, spearman(1), stepsOfEpoch),
    'spce, no trend': withInterval(free, spearman(1), stepsOfEpoch),
    normalized: withInterval(after, spearman(2), stepsOfEpoch),
    'normalized, no trend': withInterval(free, spearman(2), stepsOfEpoch),
    lastEpoch: columns.map((_, column) =>
      rounded(last.reduce((sum, step) => sum + step[column], 0) / last.length),
    ),
  };
});
console.table(summary);

const titles = { step: 'step', crossEntropy: 'cross-entropy', spce: 'SPCE' };
const axis = (field) => ({
  field,
  type: 'quantitative',
  title: titles[field],
  scale: { zero: false, nice: false },
});
const panel = (x, y, mark, every) => ({
  width: 250,
  height: 140,
  transform: [{ filter: `datum.step % ${every} === 0` }],
  mark,
  encoding: { x: axis(x), y: axis(y), color: { field: 'seed', type: 'nominal' } },
});
const plotOf = (labels) => ({
  title: `${labels} labels`,
  data: {
    values: runs
      .filter((run) => run.labels === labels)
      .flatMap(({ seed, losses }) =>
        losses.map(([crossEntropy, spce], step) => ({ seed, step, crossEntropy, spce })).slice(stepsOfEpoch),
      ),
  },
  vconcat: [
    panel('step', 'crossEntropy', { type: 'line', strokeWidth: 0.7 }, 1),
    panel('step', 'spce', { type: 'line', strokeWidth: 0.7 }, 1),
    // Every point would make a large file.
    panel('crossEntropy', 'spce', { type: 'point', size: 6, filled: true }, 5),
  ],
});
const svg = await renderPlot({
  config: { ...theme, aria: false },
  hconcat: ['true', 'shuffled'].map(plotOf),
});
writeFileSync(`${values.out}.svg`, svg.replaceAll(/(\.\d)\d+/g, '$1'));
const about = {
  source: basename(source),
  pictures: data.pictures.length,
  labels: data.classes,
  ...setup,
  epochs,
  date: new Date().toISOString().slice(0, 10),
  cpu: cpus()[0]?.model,
  node: process.version,
};
const text = JSON.stringify({ about, summary, runs }, (_, value) =>
  typeof value === 'number' ? Number(value.toPrecision(5)) : value,
);
writeFileSync(`${values.out}.json`, `${text}\n`);
console.log(`wrote ${values.out}.svg and ${values.out}.json`);
