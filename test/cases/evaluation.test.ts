// slow: starts processes
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseEvaluation, VectorFileWriter } from '../../src/eval/index.ts';
import { snapshelf } from '../support/cli.ts';
import { stripes, writeStripedFolders } from '../support/pictures.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-evaluation-'));
const at = (...names: readonly string[]): string => join(folder, ...names);
const model = ['--model', at('tiny.onnx'), '--cache', at('cache')];

before(() => writeTinyModel(at('tiny.onnx')));
after(() => rmSync(folder, { recursive: true, force: true }));

async function picture(hue: number, ...names: readonly string[]): Promise<void> {
  mkdirSync(dirname(at(...names)), { recursive: true });
  writeFileSync(at(...names), await stripes(hue, 6));
}

/** Writes rows of a vector file, with labels. */
async function vectors(
  name: string,
  rows: readonly (readonly number[])[],
  labels: string,
): Promise<string[]> {
  const file = await VectorFileWriter.create(at(`${name}.npy`));
  for (const row of rows) await file.append(Float32Array.from(row));
  await file.finish();
  writeFileSync(at(`${name}.txt`), labels);
  return [at(`${name}.npy`), at(`${name}.txt`)];
}

test('cases nfd/: labels in NFC and in NFD are the same label', async () => {
  const label = 'Robe d’été';
  for (const [i, hue] of [10, 20].entries()) {
    await picture(hue, 'nfd', 'gallery', label.normalize('NFC'), `${i}.jpg`);
    await picture(hue + 4, 'nfd', 'query', label.normalize('NFD'), `${i}.jpg`);
    await picture(hue + 180, 'nfd', 'gallery', 'Mütze'.normalize('NFC'), `${i}.jpg`);
    await picture(hue + 184, 'nfd', 'query', 'Mütze'.normalize('NFD'), `${i}.jpg`);
  }
  const { code, stdout, stderr } = await snapshelf(
    ...['evaluate', '--gallery', at('nfd', 'gallery'), '--query', at('nfd', 'query'), ...model],
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /4 queries against 4 gallery items, 2 labels/);
  assert.doesNotMatch(stdout, /no relevant item/);
});

test('cases npy/labels_latin1.txt, labels_space.txt: refused naming the line, or trimmed and told', async () => {
  const rows = [
    [0, 1],
    [0.1, 1],
    [5, 1],
    [5.1, 1],
  ];
  const [file = '', labels = ''] = await vectors('labels', rows, 'hat\nhat \ncap\n cap\n');
  const evaluate = [
    'evaluate',
    '--self',
    '--vectors',
    file,
    '--labels',
    labels,
    '--metric',
    'l2',
    '--ks',
    '1',
  ];
  const trimmed = await snapshelf(...evaluate);
  assert.equal(trimmed.code, 0, trimmed.stderr);
  assert.match(trimmed.stdout, /4 queries .* 2 labels/);
  assert.match(trimmed.stdout, /recall@1 +100\.0/);
  assert.match(trimmed.stderr, /blanks.* 2 .*line 2/);
  assert.equal((await snapshelf(...evaluate, '--strict')).code, 1);
  // Two words that would be one if bytes that are not UTF-8 were replaced.
  writeFileSync(labels, Buffer.from('caf\xe9\ncaf\xe8\ncaf\xe9\ncaf\xe8\n', 'latin1'));
  const refused = await snapshelf(...evaluate);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /labels\.txt, line 1 is not UTF-8/);
});

test('cases npy/labels_crlf.txt and one row twice stay right', async () => {
  const [file = '', labels = ''] = await vectors(
    'crlf',
    [
      [0, 1],
      [0, 1],
      [5, 1],
      [5, 2],
    ],
    'a\r\na\r\nb\r\nb\r\n',
  );
  const { code, stdout, stderr } = await snapshelf(
    ...['evaluate', '--self', '--vectors', file, '--labels', labels, '--metric', 'l2', '--ks', '1'],
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /recall@1 +100\.0/);
  assert.match(
    stdout,
    /warning: 2 queries have their own picture in the gallery too \(L2: Recall@1 without it 100\.0\)/,
  );
});

test('queries and gallery without a label in common: an error that says so, and no report', async () => {
  await picture(0, 'apart', 'gallery', 'hats', 'a.jpg');
  await picture(0, 'apart', 'query', 'hat', 'b.jpg');
  const { code, stdout, stderr } = await snapshelf(
    ...['evaluate', '--gallery', at('apart', 'gallery'), '--query', at('apart', 'query'), ...model],
    ...['--out', at('apart', 'report')],
  );
  assert.equal(code, 1);
  assert.match(stderr, /no label in common.*"hat".*"hats"/);
  assert.doesNotMatch(stdout, /recall@1/);
});

test('K above the size of the gallery, confused labels and label errors are told', async () => {
  await picture(0, 'told', 'gallery', 'shirt', 'red.jpg');
  await picture(180, 'told', 'gallery', 'longsleeve', 'blue.jpg');
  await picture(10, 'told', 'query', 'longsleeve', 'reddish.jpg');
  await picture(12, 'told', 'query', 'longsleeve', 'also-reddish.jpg');
  await picture(0, 'told', 'query', 'longsleeve', 'red-again.jpg');
  const { code, stdout, stderr } = await snapshelf(
    ...['evaluate', '--gallery', at('told', 'gallery'), '--query', at('told', 'query'), ...model],
    ...['--metric', 'l2', '--out', at('told', 'report')],
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /left out K 10, 20, 30, 40, 50: a query is searched among 2 items only/);
  assert.match(stdout, /confused most \(L2\): longsleeve → shirt 3/);
  assert.match(
    stdout,
    /warning: label errors, 1 pictures? .*red-again\.jpg \(longsleeve\) = gallery .*red\.jpg \(shirt\)/,
  );
  const report = parseEvaluation(readFileSync(at('told', 'report', 'report.json'), 'utf8'), 'report.json');
  assert.deepEqual(report.results[0]?.confusions, [{ label: 'longsleeve', as: 'shirt', queries: 3 }]);
  assert.equal(report.labelConflicts?.pictures, 1);
  const page = readFileSync(at('told', 'report', 'report.html'), 'utf8');
  for (const part of ['Confused labels (L2)', 'Label errors', 'Left out K 10'])
    assert.ok(page.includes(part), part);
});

test('queries that are their own gallery are told, with the figure without them: pictures and vectors', async () => {
  await writeStripedFolders(at('own'), 3, 3);
  cpSync(at('own'), at('own-again'), { recursive: true });
  const pictures = await snapshelf(
    ...['evaluate', '--gallery', at('own'), '--query', at('own-again'), ...model, '--metric', 'l2'],
  );
  assert.match(
    pictures.stdout,
    /warning: 9 queries have their own picture in the gallery too \(L2: Recall@1 without it /,
  );
  const rows = [[0, 1], [0, 2], [5, 1], [5, 2]]; // biome-ignore format: a line is a table
  const [file = '', labels = ''] = await vectors('same', rows, 'a\na\nb\nb\n');
  const sides = [
    '--query-vectors',
    file,
    '--query-labels',
    labels,
    '--gallery-vectors',
    file,
    '--gallery-labels',
    labels,
  ];
  const told = await snapshelf('evaluate', ...sides, '--metric', 'l2');
  assert.match(told.stdout, /warning: 4 queries have their own picture in the gallery too/, told.stderr);
});

test('embed writes a label per line, and refuses what would be two', async () => {
  await writeStripedFolders(at('lined'), 1, 2);
  const embed = (labels: readonly string[], path = 'lined/label-0/1.jpg') => {
    const paths = ['lined/label-0/0.jpg', path];
    const lines = paths.map((file, i) => JSON.stringify({ path: file, id: `${i}`, label: labels[i] }));
    writeFileSync(at('lined.jsonl'), lines.join('\n'));
    return snapshelf('embed', at('lined.jsonl'), '--model', at('tiny.onnx'), '--out', at('lined.npy'));
  };
  const { code, stderr } = await embed(['a b', 'ä, "c"']);
  assert.equal(code, 0, stderr);
  assert.equal(readFileSync(at('lined.labels.txt'), 'utf8'), 'a b\nä, "c"\n');
  assert.equal(readFileSync(at('lined.paths.txt'), 'utf8'), 'lined/label-0/0.jpg\nlined/label-0/1.jpg\n');
  for (const ends of ['\n', '\r', '\t', '\u0085']) {
    const label = await embed(['a', `b${ends}c`]);
    assert.match(label.stderr, /line 2: label has control characters.*\[source-invalid\]/);
    const path = await embed(['a', 'b'], `x${ends}y.jpg`);
    assert.match(path.stderr, /line 2: path has control characters.*\[source-invalid\]/);
  }
});

test('embed writes vectors and metadata for the Embedding Projector', async () => {
  await writeStripedFolders(at('projected'), 2, 2);
  const { code, stdout, stderr } = await snapshelf(
    ...['embed', at('projected'), '--model', at('tiny.onnx'), '--out', at('vectors.tsv')],
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /vectors\.metadata\.tsv/);
  const lines = readFileSync(at('vectors.tsv'), 'utf8').trimEnd().split('\n');
  const names = readFileSync(at('vectors.metadata.tsv'), 'utf8').trimEnd().split('\n');
  assert.deepEqual(names[0], 'path\tlabel');
  assert.deepEqual(
    names.slice(1),
    ['label-0/0.jpg', 'label-0/1.jpg', 'label-1/0.jpg', 'label-1/1.jpg'].map(
      (path) => `${path}\t${path.slice(0, 7)}`,
    ),
  );
  await snapshelf('embed', at('projected'), '--model', at('tiny.onnx'), '--out', at('vectors.npy'));
  const bytes = readFileSync(at('vectors.npy'));
  const values = lines.flatMap((line) => line.split('\t').map(Number));
  const exact = new Float32Array(bytes.buffer.slice(bytes.byteOffset + 256, bytes.byteOffset + bytes.length));
  assert.deepEqual(Float32Array.from(values), exact);
});
