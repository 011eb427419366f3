// slow: starts processes
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { readSource } from '../../src/datasets/index.ts';
import { VectorFileWriter } from '../../src/eval/index.ts';
import { type CliResult, snapshelf } from '../support/cli.ts';
import { stripes } from '../support/pictures.ts';
import { fixture } from '../support/repository.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-reading-'));
const model = join(folder, 'tiny.onnx');
before(() => writeTinyModel(model));
after(() => rmSync(folder, { recursive: true }));

let hue = 0;

/** Puts a file under the folder of the test; a drawn picture unless its bytes are given. */
async function put(name: string | Buffer, bytes?: string | Uint8Array): Promise<void> {
  const path =
    typeof name === 'string' ? join(folder, name) : Buffer.concat([Buffer.from(`${folder}/`), name]);
  if (typeof path === 'string') mkdirSync(dirname(path), { recursive: true });
  hue += 37;
  writeFileSync(path, bytes ?? (await stripes(hue, 4)));
}
const index = (source: string, ...more: readonly string[]): Promise<CliResult> =>
  snapshelf(
    ...['index', join(folder, source), '--data', join(folder, 'data'), '--model', model],
    ...['--collection', source.replace(/\W/g, '-'), ...more],
  );
const evaluate = (...args: readonly string[]): Promise<CliResult> =>
  snapshelf('evaluate', '--no-cache', '--metric', 'cosine', '--ks', '1', ...args);

test('row iphone/: pictures of formats that are not read are counted by kind; --strict exits with 1', async () => {
  for (let at = 1; at < 10; at += 1) await put(`iphone/dress/IMG_000${at}.HEIC`, 'x');
  await put('iphone/dress/bmp.bmp', 'x');
  await put('iphone/dress/tiff.tif', 'x');
  await put('iphone/dress/IMG_0001.MOV', 'x');
  await put('iphone/dress/UPPER.JPG');
  const says =
    /left out 11 pictures of formats that are not read \(9 HEIC, 1 BMP, 1 TIF\).*; 1 file that is no picture \(1 MOV\)\n/;
  const strict = await index('iphone', '--strict');
  assert.equal(strict.code, 1, strict.stderr);
  assert.match(strict.stdout, says);
  assert.match(strict.stdout, /1 added/);
  assert.equal((await index('iphone')).code, 0);
  const vectors = join(folder, 'iphone.npy');
  const embedded = await snapshelf('embed', join(folder, 'iphone'), '--model', model, '--out', vectors);
  assert.equal(embedded.code, 0, embedded.stderr);
  assert.match(embedded.stderr, says);
  const refused = await snapshelf(
    'embed',
    join(folder, 'iphone'),
    '--model',
    model,
    '--out',
    vectors,
    '--strict',
  );
  assert.equal(refused.code, 1);
});

test('row odd/: folders of drives and archives are no labels, and are named', async () => {
  for (const name of ['hat/1.jpg', 'hat/2.jpg', 'shoe/1.jpg', 'shoe/2.jpg']) await put(`odd/${name}`);
  for (const name of ['hat/@eaDir/1.jpg/SYNOPHOTO_THUMB_XL.jpg', '__MACOSX/hat/._1.jpg', '#recycle/3.jpg'])
    await put(`odd/${name}`);
  await put('odd/shoe/._1.jpg', 'x');
  const says = /left out 3 system folders \(.*@eaDir.*\); 1 system file \(shoe\/\._1\.jpg\)/;
  const indexed = await index('odd');
  assert.equal(indexed.code, 0, indexed.stderr);
  assert.match(indexed.stdout, says);
  assert.match(indexed.stdout, /4 added/);
  const evaluated = await evaluate(join(folder, 'odd'), '--model', model, '--strict');
  assert.equal(evaluated.code, 1, evaluated.stderr);
  assert.match(evaluated.stderr, says);
  assert.match(evaluated.stdout, /4 queries/);
});

test('sibling of odd/: the files that systems leave everywhere are named, and no fault under --strict', async () => {
  for (const name of ['hat/1.jpg', 'shoe/1.jpg']) await put(`plain/${name}`);
  for (const name of ['.DS_Store', 'hat/Thumbs.db', 'hat/desktop.ini', 'shoe/._1.jpg'])
    await put(`plain/${name}`, 'x');
  const indexed = await index('plain', '--strict');
  assert.equal(indexed.code, 0, `${indexed.stdout}${indexed.stderr}`);
  assert.match(indexed.stdout, /left out 4 system files/);
  const out = join(folder, 'plain.npy');
  const embedded = await snapshelf(
    'embed',
    join(folder, 'plain'),
    '--model',
    model,
    '--out',
    out,
    '--strict',
  );
  assert.equal(embedded.code, 0, embedded.stderr);
});

test('row names that are not UTF-8: they cost the file, not the import', {
  skip: process.platform !== 'linux' && 'only Linux has such names',
}, async () => {
  await put('names/hat/a.jpg');
  await put(Buffer.concat([Buffer.from('names/hat/caf'), Buffer.from([0xe9]), Buffer.from('.jpg')]));
  mkdirSync(Buffer.concat([Buffer.from(`${folder}/names/stra`), Buffer.from([0xdf]), Buffer.from('e')]));
  const { code, stdout, stderr } = await index('names');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /1 added/);
  assert.match(
    stdout,
    /left out 2 files or folders whose names are not UTF-8 \(.*caf\\xE9\.jpg.*\): rename them/,
  );
});

test('row nfd/: labels in NFC and NFD are one class', async () => {
  for (const [side, spelling] of [
    ['gallery', 'cafe\u0301'],
    ['query', 'caf\u00e9'],
  ] as const)
    for (const name of ['1.jpg', '2.jpg']) await put(`nfd/${side}/${spelling}/${name}`);
  const { code, stdout, stderr } = await evaluate(
    ...['--gallery', join(folder, 'nfd/gallery'), '--query', join(folder, 'nfd/query'), '--model', model],
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /100\.0/);
});

async function vectorsAndLabels(labels: string | Uint8Array): Promise<string[]> {
  const vectors = join(folder, 'c.npy');
  const file = await VectorFileWriter.create(vectors);
  for (let row = 0; row < 10; row += 1)
    await file.append(Float32Array.from([Math.cos(row / 3), Math.sin(row / 3), 1]));
  await file.finish();
  await put('labels.txt', labels);
  return ['--self', '--vectors', vectors, '--labels', join(folder, 'labels.txt')];
}

test('row npy/labels_latin1.txt: refused with the line', async () => {
  const labels = `${'caf\u00e9\n'.repeat(6)}${'caf\u00e8\n'.repeat(4)}`;
  const { code, stderr } = await evaluate(...(await vectorsAndLabels(Buffer.from(labels, 'latin1'))));
  assert.equal(code, 1);
  assert.match(
    stderr,
    /labels\.txt, line 1 is not UTF-8 text: "caf\\xE9"\. Save it as UTF-8\. \[text-not-utf8\]/,
  );
});

test('row npy/labels_space.txt: blanks at the ends are removed and told', async () => {
  const source = await vectorsAndLabels('0\n0 \n0\n1 \n1\n1 \n2\n2 \n2\n3 \n');
  const { code, stdout, stderr } = await evaluate(...source);
  assert.equal(code, 0, stderr);
  assert.match(
    stderr,
    /note: Removed the blanks at the ends of 5 texts, the first .*labels\.txt, line 2: "0 "/,
  );
  const plain = await evaluate(...(await vectorsAndLabels('0\n0\n0\n1\n1\n1\n2\n2\n2\n3\n')));
  assert.doesNotMatch(plain.stderr, /note:|left out/);
  assert.deepEqual(stdout.match(/\d+\.\d+/g)?.slice(0, 3), plain.stdout.match(/\d+\.\d+/g)?.slice(0, 3));
  assert.equal((await evaluate(...source, '--strict')).code, 0);
});

/** What each manifest of the cases becomes: the ids of its samples, or the message of its refusal. */
const manifests: Readonly<Record<string, readonly string[] | RegExp>> = {
  'array.json': /neither a folder nor a manifest/,
  'array.jsonl': /line 1 is not a JSON object/,
  'barequote.csv': /not a well-formed CSV file.* line 2/,
  'bigid.jsonl': ['1234567890123456789', '7'],
  'bigid2.jsonl': ['1234567890123456781', '1234567890123456782'],
  'blankline.csv': /not a well-formed CSV file.* line 4/,
  'bomcrlf.csv': ['0007', '0008'],
  'caps.csv': /write path for "Path"; write label for "Label"/,
  'codes.csv': ['p/1.jpg', 'p/2.jpg', 'p/3.jpg', 'p/4.jpg'],
  'dotdot.csv': ['p/1.jpg'],
  'dotted.csv': ['p/1.jpg', 'p/2.jpg'],
  'duppath.csv': /line 3: "p\/1\.jpg" is already the id of line 2/,
  'latin1.csv': /latin1\.csv, line 2 is not UTF-8 text: "p\/1\.jpg,Stra\\xDFe"/,
  'metanoquote.csv': /not a well-formed CSV file.* line 2/,
  'metapy.csv': /line 2: metadata is not JSON/,
  'metastr.jsonl': ['p/1.jpg'],
  'nan.jsonl': /line 1 is not JSON/,
  'openquote.csv': /not a well-formed CSV file.* line 3/,
  'sameph.csv': /line 3: "p\/1\.jpg" is already the id of line 2/,
  'semicolon.csv': /separated by commas/,
  'sepline.csv': /line 1 has no column path/,
  'shortrow.csv': /not a well-formed CSV file.* line 2/,
  'snake.csv': ['p/1.jpg', 'p/2.jpg'],
  'splitval.csv': /line 2: split must be one of train, query, gallery, test, not "val"/,
  'tabs.csv': /separated by commas/,
  'tabs.tsv': /neither a folder nor a manifest/,
  'trailspace.csv': ['p/1.jpg', 'p/2.jpg'],
  'urls.csv': /line 2: path must name a file, not the address "file:/,
  'utf16.csv': /is UTF-16 text, not UTF-8/,
  'winpath.csv': /line 2: the id .* has a backslash; write paths with "\/"/,
};

test('rows manifests/: every one is read as it is written, or refused with its line', async () => {
  const given = fixture('cases', 'manifests');
  assert.deepEqual(readdirSync(given).sort(), Object.keys(manifests).sort());
  for (const name of [1, 2, 3, 4]) await put(`manifests/p/${name}.jpg`);
  for (const [name, expected] of Object.entries(manifests)) {
    await put(`manifests/${name}`, readFileSync(join(given, name)));
    const read = readSource(join(folder, 'manifests', name)).then(
      ({ samples }) => samples.map(({ id }) => id),
      (error: Error) => error.message,
    );
    const found = await read;
    if (expected instanceof RegExp) assert.match(String(found), expected, name);
    else assert.deepEqual(found, expected, basename(name));
  }
});
