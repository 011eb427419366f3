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

/** The weak distance as the paper writes it. */
const weakDistance = (p: readonly number[], q: readonly number[]): number =>
  p.reduce((sum, value, at) => sum - Math.log(1 - Math.abs(value - (q[at] ?? 0))), 0);

test('the distance of the contrastive loss and of the entropy is chosen by name', async () => {
  const rows = [0, 1, 2, 3, 4, 5].map((i) => {
    const powers = [1, 2, 3].map((at) => Math.exp(Math.sin(i * at)));
    const sum = powers.reduce((a, b) => a + b);
    return [...Float32Array.from(powers, (power) => power / sum)];
  });
  const vectors = await writeVectors('p.npy', rows);
  const labels = ['a', 'b', 'a', 'b', 'a', 'b'];
  const json = file('weak.json');
  const input = ['--vectors', vectors, '--labels', writeLabels('p.txt', labels)];
  const measure = (...options: string[]) => snapshelf('information', ...input, '--json', json, ...options);
  const { code, stderr, stdout } = await measure('--metric', 'weak', '--margin', '2');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /6 vectors of 3 numbers, 2 labels, D is weak\n/);
  const report = informationSchema.parse(JSON.parse(readFileSync(json, 'utf8')));
  let [within, between, logs] = [0, 0, 0];
  for (const [i, p] of rows.entries())
    for (const [j, q] of rows.entries()) {
      const distance = weakDistance(p, q);
      if (i !== j) logs += Math.log(distance ** 2);
      if (labels[i] === labels[j]) within += distance ** 2;
      else between += Math.max(0, 2 - distance) ** 2;
    }
  const close = (found: number | null, wanted: number): void =>
    assert.ok(Math.abs((found ?? Number.NaN) - wanted) < 1e-9 * Math.abs(wanted), `${found} and ${wanted}`);
  close(report.terms.contrastive.tightness, within / 6);
  close(report.terms.contrastive.contrast, between / 6);
  close(report.entropy, (3 * logs) / 30);
  assert.equal(report.metric, 'weak');
  await measure('--metric', 'weak-metric', '--metric-options', 'P=0.3');
  const other = informationSchema.parse(JSON.parse(readFileSync(json, 'utf8')));
  assert.deepEqual([other.metric, other.metricOptions], ['weak-metric', { a: 1, b: 0.8, P: 0.3 }]);
  assert.notEqual(other.entropy, report.entropy);
  assert.equal(other.mutualInformation, report.mutualInformation);
  assert.match((await measure('--metric', 'weak', '--normalize')).stderr, /leave one of them out/);
  const features = await writeVectors('features.npy', plain.vectors);
  const given = ['--vectors', features, '--labels', writeLabels('features.txt', plain.labels)];
  const refused = await snapshelf('information', ...given, '--metric', 'weak');
  assert.match(refused.stderr, /The vector \d+ \(from 0\) has .*probabilit.*\[vector-invalid\]/);
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
