// slow: starts processes
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseEvaluation } from '../../src/eval/index.ts';
import { type CliResult, snapshelf } from '../support/cli.ts';
import { writeStripedFolders } from '../support/pictures.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-evaluate-'));
const at = (...names: readonly string[]): string => join(folder, ...names);
const model = ['--model', at('tiny.onnx'), '--cache', at('cache')];
const sides = ['--gallery', at('gallery'), '--query', at('query')];

before(async () => {
  await writeTinyModel(at('tiny.onnx'));
  await writeStripedFolders(at('gallery'), 4, 6);
  await writeStripedFolders(at('query'), 4, 3);
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function evaluated(...args: readonly string[]): Promise<CliResult> {
  const result = await snapshelf('evaluate', ...args);
  assert.equal(result.code, 0, result.stderr);
  return result;
}

const reportOf = (path: string) => parseEvaluation(readFileSync(path, 'utf8'), path);

test('folders of pictures become figures, a report and a page; the second time nothing is embedded', async () => {
  const first = await evaluated(...sides, ...model, '--out', at('report'), '--ks', '1,5');
  assert.match(first.stdout, /query-gallery: 12 queries against 24 gallery items, 4 labels/);
  assert.match(first.stdout, /recall@1 .*recall@5 /s);
  const report = reportOf(at('report', 'report.json'));
  assert.deepEqual(report.queries.ids[0], 'label-0/0.jpg');
  assert.equal(report.identical?.length, 12);
  assert.match(readFileSync(at('report', 'report.html'), 'utf8'), /data:image\/jpeg;base64/);
  const second = await evaluated(...sides, ...model, '--json', at('again.json'), '--ks', '1,5');
  assert.match(second.stderr, /36 embeddings were known/);
  assert.deepEqual(reportOf(at('again.json')).results, report.results);
});

test('the vectors that embed writes give the same figures', async () => {
  const paths = ['--json', at('pictures.json')];
  // `ours` is what earlier releases called `by-id`.
  await evaluated(...sides, ...model, ...paths, '--ks', '1,5', '--convention', 'ours');
  assert.equal(reportOf(at('pictures.json')).convention, 'by-id');
  for (const side of ['gallery', 'query']) {
    const embedded = await snapshelf(
      'embed',
      at(side),
      '--model',
      at('tiny.onnx'),
      '--out',
      at(`${side}.npy`),
    );
    assert.equal(embedded.code, 0, embedded.stderr);
    const paths = readFileSync(at(`${side}.paths.txt`), 'utf8')
      .trimEnd()
      .split('\n');
    writeFileSync(at(`${side}.txt`), paths.map((path) => `${path.split('/')[0]}\n`).join(''));
  }
  const files = ['query', 'gallery'].flatMap((side) => [
    ...[`--${side}-vectors`, at(`${side}.npy`), `--${side}-labels`, at(`${side}.txt`)],
    ...[`--${side}-ids`, at(`${side}.paths.txt`)],
  ]);
  await evaluated(...files, '--json', at('vectors.json'), '--ks', '1,5');
  const [pictures, vectors] = [reportOf(at('pictures.json')), reportOf(at('vectors.json'))];
  assert.deepEqual(
    vectors.results.map(({ main }) => main),
    pictures.results.map(({ main }) => main),
  );
  const compared = await snapshelf('compare', at('pictures.json'), at('vectors.json'));
  assert.match(compared.stdout, /12 queries in both/);
});

test('a live collection is evaluated, with its index', async () => {
  const data = ['--data', at('data'), '--collection', 'stripes'];
  const indexed = await snapshelf('index', at('gallery'), ...data, '--model', at('tiny.onnx'));
  assert.equal(indexed.code, 0, indexed.stderr);
  const { stdout } = await evaluated(...data, '--json', at('live.json'), '--ks', '1,5');
  assert.match(stdout, /self: 24 queries each against all the others/);
  const report = reportOf(at('live.json'));
  assert.ok(report.index !== null && report.index.sweep.length > 3);
});

const refused: Readonly<Record<string, readonly [args: readonly string[], says: RegExp]>> = {
  'nothing to evaluate': [[], /Give one of these: sources/],
  'two things at once': [[at('query'), '--collection', 'stripes', ...model], /Give one of these: sources/],
  'no model': [sides, /--model is missing/],
  'a folder that is not there': [[at('nowhere'), ...model], /no folder or manifest.*source-invalid/],
  'a protocol for another data set': [
    [at('query'), ...model, '--protocol', 'cub'],
    /no copy of the data set/,
  ],
  'vectors without labels': [['--self', '--vectors', at('query.npy')], /--labels is missing/],
  'an unknown convention': [[at('query'), ...model, '--convention', 'theirs'], /Expected by-id or paper/],
  'a K of 0': [[at('query'), ...model, '--ks', '0'], /whole number from 1/],
  'reports that are none': [
    ['--self', '--vectors', at('tiny.onnx'), '--labels', at('query.txt')],
    /must be a \.npy/,
  ],
};

for (const [what, [args, says]] of Object.entries(refused)) {
  test(`refused in a sentence: ${what}`, async () => {
    const { code, stderr } = await snapshelf('evaluate', ...args);
    assert.notEqual(code, 0);
    assert.match(stderr, says);
    assert.doesNotMatch(stderr, /\n {4}at /);
  });
}

test('where recall is lost is told line by line, of pictures and of a live collection', async () => {
  const order = ['--expand', 'n=2', '--rerank', 'depth=5', '--views', 'mean', '--crop', 'auto'];
  const out = ['--ks', '1', '--out', at('split')];
  const { stdout } = await evaluated(...sides, ...model, '--split-loss', ...order, ...out);
  assert.match(stdout, /float32, exact search .*\n.*as stored, exact search/);
  assert.match(stdout, /not computed: int8 model, exact search\. The model is not quantised/);
  assert.match(stdout, /not computed: with the filter\. No filter was named/);
  assert.match(stdout, /order of answers .*\n.*change.*\nplain .*\ncrop auto .*\nexpand .*\nrerank /);
  const { splitLoss, ranking } = reportOf(at('split', 'report.json'));
  assert.equal(splitLoss?.rows.length, 7);
  const lines = ranking?.rows.map(({ line, missing }) => [line, missing === null]);
  assert.deepEqual(
    lines,
    ['plain', 'crop', 'expand', 'rerank', 'max', 'mean'].map((line) => [line, true]),
  );
  const page = readFileSync(at('split', 'report.html'), 'utf8');
  assert.match(page, /Where recall is lost/);
  assert.match(page, /Order of answers/);
  const own = await snapshelf('evaluate', ...sides, ...model, '--split-loss', '--reference', at('tiny.onnx'));
  assert.match(own.stderr, /is its own reference/);
  const alone = await snapshelf('evaluate', ...sides, ...model, '--reference', at('tiny.onnx'));
  assert.match(alone.stderr, /are for --split-loss/);
  const folders = ['--data', at('data'), '--collection', 'shop'];
  const indexed = await snapshelf('index', at('gallery'), ...folders, '--model', at('tiny.onnx'));
  assert.equal(indexed.code, 0, indexed.stderr);
  const json = ['--ks', '1', '--json', at('live.json')];
  const live = await evaluated(...folders, '--split-loss', '--crop', 'auto', ...json);
  assert.match(live.stdout, /crop auto +\d/);
  assert.match(live.stdout, /index at its live settings/);
  const rows = reportOf(at('live.json')).splitLoss?.rows ?? [];
  assert.deepEqual(
    rows.flatMap(({ stage, missing }) => (missing === null ? [stage] : [])),
    ['float32', 'stored', 'index'],
  );
});
