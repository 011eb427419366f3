// Prints a Markdown table of models: size, speed, Recall@1 with its 95 % interval on sets of photographs. Speeds are
// medians of alternating rounds, raw pixels to feature, batch 8, so that only their ratios depend on the machine. A set with
// one source is searched leave-one-out.
//   npm run build && node scripts/model-table.mjs MODEL.onnx... --set NAME=GALLERY,QUERY|NAME=SOURCE... [--metric cosine]
//     [--threads N]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { median, takeTurns } from '../dist/benchmark/support/measure.js';
import { readModelFile } from '../dist/src/model/index.js';
import { Session } from '../dist/src/runtime/index.js';

const { values, positionals: models } = parseArgs({
  allowPositionals: true,
  options: {
    set: { type: 'string', multiple: true, default: [] },
    metric: { type: 'string', default: 'both' },
    threads: { type: 'string', default: '2' },
  },
});
if (models.length === 0) {
  console.error(
    'usage: node scripts/model-table.mjs MODEL.onnx... --set NAME=GALLERY,QUERY|NAME=SOURCE... [--metric NAME] [--threads N]',
  );
  process.exit(2);
}
const sets = values.set.map((text) => {
  const [, name, gallery, query] = /^([^=]+)=([^,]+)(?:,(.+))?$/.exec(text) ?? [];
  return { name, gallery, query };
});
const [batch, rounds, runs] = [8, 7, 4];

/** Measures a model's images a second over a few runs. */
async function contender(path) {
  const { metadata } = await readModelFile(path);
  const { width, height } = metadata.preprocessing.crop;
  const data = Uint8Array.from({ length: batch * height * width * 3 }, (_, i) => (i * 7919) % 256);
  const feed = { image: { type: 'uint8', dims: [batch, height, width, 3], data } };
  const threads = Number(values.threads);
  const session = await Session.open(path, { provider: 'cpu', threads, spinning: true });
  const measure = async () => {
    const started = performance.now();
    for (let i = 0; i < runs; i += 1) await session.run(feed);
    return (1000 * runs * batch) / (performance.now() - started);
  };
  return { name: path, measure };
}

/** Images a second of each model, measured in turns. */
async function speeds() {
  const contenders = await Promise.all(models.map(contender));
  await takeTurns(contenders, 1); // warms up
  return (await takeTurns(contenders, rounds)).map(median);
}

/** Recall@1 of a model on a set, as text for each metric; photos without a relevant item are left out of it. */
function recall(model, { gallery, query }, folder) {
  const json = join(folder, 'report.json');
  const pictures =
    query === undefined ? [gallery, '--protocol', 'self'] : ['--gallery', gallery, '--query', query];
  const asked = ['--metric', values.metric, '--ks', '1', '--json', json];
  const args = ['evaluate', '--model', model, ...pictures, ...asked];
  const { status, stderr } = spawnSync(process.execPath, ['dist/src/cli/main.js', ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  const { results } = JSON.parse(readFileSync(json, 'utf8'));
  const percent = (share) => (100 * share).toFixed(1);
  return results.map(({ main }) => {
    const figure = main.figures.find(({ name }) => name === 'recall@1');
    return `${percent(figure.mean)} [${figure.interval.map(percent).join(', ')}]`;
  });
}

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-table-'));
const rates = await speeds();
const metrics = { cosine: ['cosine'], l2: ['L2'] }[values.metric] ?? ['cosine', 'L2'];
const columns = sets.flatMap(({ name }) => metrics.map((metric) => `${name}, ${metric}`));
const header = ['model', 'numbers', 'px', 'MB', `images/s, ${values.threads} threads`, ...columns];
const line = (cells) => console.log(`| ${cells.join(' | ')} |`);
line(header);
line(header.map(() => '---'));
for (const [at, path] of models.entries()) {
  const { metadata } = await readModelFile(path);
  const megabytes = (statSync(path).size / 1e6).toFixed(1);
  const figures = sets.flatMap((set) => recall(path, set, folder));
  const { crop } = metadata.preprocessing;
  line([
    basename(path, '.onnx'),
    metadata.dimension,
    crop.width,
    megabytes,
    rates[at].toFixed(0),
    ...figures,
  ]);
}
rmSync(folder, { recursive: true });
