// slow: starts the command
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { VectorFileWriter } from '../../src/eval/index.ts';
import { informationSchema } from '../../src/information/index.ts';
import { snapshelf } from '../support/cli.ts';
import { repositoryRoot } from '../support/repository.ts';

const folder = mkdtempSync(join(tmpdir(), 'information-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string): string => join(folder, name);

const fixture = join(repositoryRoot, 'test/fixtures/information/figures.json');
const { cases } = JSON.parse(readFileSync(fixture, 'utf8'));
const [plain, scaled] = cases;

async function writeVectors(name: string, vectors: readonly (readonly number[])[]): Promise<string> {
  const writer = await VectorFileWriter.create(file(name));
  for (const vector of vectors) await writer.append(Float32Array.from(vector));
  await writer.finish();
  return file(name);
}

function writeLabels(name: string, labels: readonly string[]): string {
  writeFileSync(file(name), labels.map((label) => `${label}\n`).join(''));
  return file(name);
}

test('the command writes the figures with their parameters, and prints a table', async () => {
  const vectors = await writeVectors('v.npy', plain.vectors);
  const labels = writeLabels('v.txt', plain.labels);
  const other = await writeVectors('other.npy', scaled.vectors);
  const json = file('information.json');
  const beside = ['--beside', `other=${other}`];
  const { code, stdout, stderr } = await snapshelf(
    ...['information', '--vectors', vectors, '--labels', labels, '--json', json, ...beside],
  );
  assert.equal(code, 0, stderr);
  const report = informationSchema.parse(JSON.parse(readFileSync(json, 'utf8')));
  const { figures, parameters } = plain;
  assert.deepEqual(report.parameters, parameters);
  assert.ok(Math.abs(report.mutualInformation - figures.mutualInformation) < 1e-6);
  assert.ok(Math.abs(report.terms.snca.value - figures.terms.snca.value) < 1e-11);
  assert.equal(report.beside?.['other']?.n, 70);
  assert.match(stdout, /^70 vectors of 8 numbers, 5 labels\n/);
  assert.match(stdout, /mutual information H\(Y\) - H\(Y\|Z\) +\d/);
  assert.match(stdout, /multi-similarity, other/);
});

test('what is wrong is told, with a code', async () => {
  const vectors = await writeVectors('w.npy', plain.vectors);
  const short = writeLabels('short.txt', plain.labels.slice(1));
  const latin = file('latin.txt');
  writeFileSync(latin, Buffer.from('caf\xe9\n'.repeat(70), 'latin1'));
  for (const [labels, message] of [
    [short, /has 69 labels for 70 vectors. \[source-invalid\]/],
    [latin, /line 1 is not UTF-8 text.*\[text-not-utf8\]/],
  ] as const) {
    const { code, stderr } = await snapshelf('information', '--vectors', vectors, '--labels', labels);
    assert.equal(code, 1);
    assert.match(stderr, message);
  }
});
