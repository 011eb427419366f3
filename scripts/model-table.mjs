// Prints Markdown tables of models: Recall@1 and mAP@R on sets of photographs, size, and speed on both kinds of CPU.
//   npm run build && node scripts/model-table.mjs --data FOLDER [MODEL|NAME=MODEL...] [--set NAME=GALLERY,QUERY|NAME=SOURCE...]
//     [--brief] [--no-speed] [--threads N]
// Without models: those of models/, the twins of those that were trained on photographs of the sets (of the repository's history), and
// the start that they are trained from. A model is an .onnx file, or a .safetensors file
// that knows its architecture, which is exported in float32 first. FOLDER holds grocery/, clothing/ and unseen/; without it only
// the sets that are named count. A set with one source is searched leave-one-out. `--brief` prints the table of README alone.
// Speed is the median of alternating rounds, raw pixels to feature, batch 8. It goes into models/speeds.json under the kind of
// CPU that measured it, and those of the other kind are read from there.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { median, takeTurns } from '../dist/benchmark/support/measure.js';
import { readModelFile } from '../dist/src/model/index.js';
import { readCpuInfo, Session } from '../dist/src/runtime/index.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    data: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
    threads: { type: 'string', default: '2' },
    brief: { type: 'boolean', default: false },
    speed: { type: 'boolean', default: true },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'snapshelf-table-'));
const threads = Number(values.threads);
const speedsFile = 'models/speeds.json';

const standardSets = [
  ['photo to packshot', 'grocery/iconic', 'grocery/val'],
  ['packshot to photo', 'grocery/train', 'grocery/iconic'],
  ['goods never seen', 'unseen/goods'],
  ['coins never seen', 'unseen/coins'],
  ['groceries', 'grocery/train', 'grocery/val'],
  ['clothes', 'clothing/train', 'clothing/validation'],
];

function setsOf() {
  const at = (path) => path && join(values.data, path);
  const standard =
    values.data === undefined
      ? []
      : standardSets.map(([name, gallery, query]) => ({ name, gallery: at(gallery), query: at(query) }));
  const named = values.set.map((text) => {
    const [, name, gallery, query] = /^([^=]+)=([^,]+)(?:,(.+))?$/.exec(text) ?? [];
    if (name === undefined)
      throw new RangeError(`--set must be NAME=GALLERY,QUERY or NAME=SOURCE, not ${text}.`);
    return { name, gallery, query };
  });
  return [...standard, ...named];
}

function snapshelf(...args) {
  const { status, stderr } = spawnSync(process.execPath, ['dist/src/cli/main.js', ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
}

/** The .onnx file of a model; one of weights is exported first. */
function modelOf(text) {
  const [, name, path] = /^(?:([^=/]+)=)?(.+)$/.exec(text);
  const title = name ?? basename(path).replace(/\.(onnx|safetensors)$/, '');
  if (path.endsWith('.onnx')) return { title, path };
  const out = join(folder, `${title}.onnx`);
  snapshelf('export', '--weights', path, '--out', out);
  return { title: `${title}, float32`, path: out };
}

/**
 * Sets whose photographs a model was trained on: what it finds there says nothing of it. Its twin, of the same recipe, was trained without
 * them and stood in its place at an earlier commit.
 */
const trainedOn = ['photo to packshot', 'groceries', 'clothes'];
const twins = {
  'snapshelf-lite': {
    commit: '9848462',
    sha256: '5fcf386ca35cbdb654656f553906de454eee593dfc0b44e44fc335fdeb47fdbe',
    trainedOn,
  },
  'snapshelf-generalist': {
    commit: '3596c10d',
    sha256: '24e58b08de12a01ebc0c5f0e048818dc4982c88e7907dcc1da95120bee551554',
    trainedOn,
  },
};

/** Takes the twin of a model out of the repository's history; undefined where that lacks it. */
function twinOf(name) {
  const { commit, sha256 } = twins[name];
  const { status, stdout } = spawnSync('git', ['show', `${commit}:models/${name}.onnx`], {
    maxBuffer: 2 ** 28,
  });
  const isRight = status === 0 && createHash('sha256').update(stdout).digest('hex') === sha256;
  if (!isRight) {
    console.error(
      `The history of this checkout lacks the commit ${commit}: no figures of the twin of ${name}.`,
    );
    return undefined;
  }
  const path = join(folder, `${name}-twin.onnx`);
  writeFileSync(path, stdout);
  return { title: `twin of ${name}`, path, isTwin: true };
}

/** The models of the project: those that ship, each with its twin behind it, and the start. */
function projectModels() {
  const files = readdirSync('models')
    .filter((name) => /\.onnx$|-start\.safetensors$/.test(name))
    .sort();
  return files.flatMap((file) => {
    const model = modelOf(join('models', file));
    const twin = twins[model.title];
    if (twin === undefined) return [model];
    return [{ ...model, trainedOn: twin.trainedOn }, twinOf(model.title) ?? []].flat();
  });
}

/** The figures of a model on a set by metric and measure; photographs without a relevant item are left out of them. */
function figuresOf(model, { name, gallery, query }) {
  console.error(`${basename(model)}: ${name}`);
  const json = join(folder, 'report.json');
  const pictures =
    query === undefined ? [gallery, '--protocol', 'self'] : ['--gallery', gallery, '--query', query];
  snapshelf('evaluate', '--model', model, ...pictures, '--ks', '1', '--json', json);
  const { results } = JSON.parse(readFileSync(json, 'utf8'));
  return (metric, measure) =>
    results.find((result) => result.metric === metric).main.figures.find(({ name }) => name === measure);
}

async function contender({ path }) {
  const { metadata } = await readModelFile(path);
  const { width, height } = metadata.preprocessing.crop;
  const data = Uint8Array.from({ length: 8 * height * width * 3 }, (_, i) => (i * 7919) % 256);
  const feed = { image: { type: 'uint8', dims: [8, height, width, 3], data } };
  const session = await Session.open(path, { provider: 'cpu', threads, spinning: true });
  const measure = async () => {
    const started = performance.now();
    for (let i = 0; i < 4; i += 1) await session.run(feed);
    return (1000 * 4 * 8) / (performance.now() - started);
  };
  return { name: path, measure };
}

const readSpeeds = () => {
  try {
    return JSON.parse(readFileSync(speedsFile, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
};

/** Measures the models in turns, so that their ratios hold on a busy machine, and keeps the figures by kind of CPU. */
async function measureSpeeds(models) {
  const { model: cpu, vnni = false } = readCpuInfo();
  const contenders = await Promise.all(models.map(contender));
  await takeTurns(contenders, 1); // warms up
  const rates = (await takeTurns(contenders, 7)).map(median);
  const date = new Date().toISOString().slice(0, 10);
  const measured = models.map(({ title, id }, at) => ({
    model: title,
    sha256: id,
    vnni,
    cpu,
    threads,
    date,
    imagesPerSecond: Math.round(rates[at]),
  }));
  const others = readSpeeds().filter(
    (one) =>
      !measured.some(
        (now) => now.sha256 === one.sha256 && now.vnni === one.vnni && now.threads === one.threads,
      ),
  );
  writeFileSync(speedsFile, `${JSON.stringify([...others, ...measured], undefined, 2)}\n`);
}

const line = (cells) => console.log(`| ${cells.join(' | ')} |`);
function table(title, header, rows) {
  console.log(`\n${title}\n`);
  line(header);
  line(header.map(() => '---'));
  for (const row of rows) line(row);
}

const percent = (share) => (100 * share).toFixed(1);
const withInterval = ({ mean, interval }) => `${percent(mean)} [${interval.map(percent).join(', ')}]`;

function speedCell(id, vnni) {
  const known = readSpeeds().find((one) => one.sha256 === id && one.vnni === vnni && one.threads === threads);
  return known === undefined ? '–' : String(known.imagesPerSecond);
}

try {
  const models = [];
  for (const given of positionals.length > 0 ? positionals.map(modelOf) : projectModels()) {
    const { id, metadata } = await readModelFile(given.path);
    models.push({ ...given, id, metadata });
  }
  const sets = setsOf();
  const figures = models.map(({ path, trainedOn = [] }) =>
    sets.map((set) => (trainedOn.includes(set.name) ? undefined : figuresOf(path, set))),
  );
  const names = sets.map(({ name }) => name);
  // A dash: the model was trained on the photographs of the set.
  const rowsOf = (cell) =>
    models.map(({ title }, at) => [title, ...figures[at].map((of) => (of === undefined ? '–' : cell(of)))]);
  table(
    'README: Recall@1 in percent, cosine',
    ['Recall@1, cosine', ...names],
    rowsOf((of) => percent(of('cosine', 'recall@1').mean)),
  );
  if (!values.brief) {
    // A twin has the network of its model.
    const own = models.filter(({ isTwin = false }) => !isTwin);
    if (values.speed) await measureSpeeds(own);
    const kinds = own.map(({ title, id, path, metadata }) => [
      title,
      metadata.dimension,
      metadata.preprocessing.crop.width,
      (statSync(path).size / 1e6).toFixed(1),
      speedCell(id, true),
      speedCell(id, false),
    ]);
    const head = ['model', 'numbers', 'px', 'MB'];
    table(`Size, and images/s of ${threads} threads`, [...head, 'with VNNI', 'without VNNI'], kinds);
    for (const [metric, title] of [
      ['cosine', 'cosine'],
      ['l2', 'L2'],
    ])
      for (const [measure, name] of [
        ['recall@1', 'Recall@1'],
        ['map@r', 'mAP@R'],
      ])
        table(
          `${name} in percent with its 95 % interval, ${title}`,
          ['model', ...names],
          rowsOf((of) => withInterval(of(metric, measure))),
        );
  }
} finally {
  rmSync(folder, { recursive: true });
}
