// slow: starts processes
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { drawEvenly } from '../../src/cli/draw-evenly.ts';
import { GraphBuilder } from '../../src/graph/index.ts';
import { readModelFile } from '../../src/model/index.ts';
import { buildNetwork } from '../../src/nn/index.ts';
import { randomNumbers } from '../../src/random.ts';
import { type StateDict, writeSafetensors } from '../../src/weights/index.ts';
import { snapshelf } from '../support/cli.ts';
import { writeShapes } from '../support/shapes.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-export-cli-'));
const [photos, weights] = [join(folder, 'photos'), join(folder, 'weights.safetensors')];

/**
 * A ResNet-18 as large as the real one, with weights by their fan-in. Of the networks it has the shortest feature, whose
 * projection is found in a fifteenth of the time that 1280 numbers take.
 */
function randomWeights(): StateDict {
  const g = new GraphBuilder('random');
  buildNetwork(g, 'resnet18', g.input('x', 'float32', ['N', 3, 64, 64]));
  const random = randomNumbers(1);
  const entries = [...g.parameters].map(([name, dims]) => {
    const [filters = 1, ...rest] = dims;
    const each = rest.reduce((product, dim) => product * dim, 1);
    const spread = Math.sqrt(24 / each);
    const constant = /bias$|mean$/.test(name) ? 0 : 1;
    const number = () => (dims.length === 1 ? constant : (random() - 0.5) * spread);
    return [
      name,
      { dataType: 'float32' as const, dims, data: Float32Array.from({ length: filters * each }, number) },
    ] as const;
  });
  return new Map(entries);
}

before(async () => {
  await writeShapes(photos, 2, 1);
  await writeSafetensors(weights, randomWeights());
});
after(() => rmSync(folder, { recursive: true, force: true }));

const run = (name: string, ...options: readonly string[]) => {
  const source = ['--arch', 'resnet18', '--weights', weights, '--size', '64', '--resize', '64'];
  return snapshelf('export', ...source, '--out', join(folder, name), ...options);
};

test('export --int8 writes a small model, says what was lost, and names the noise of each layer when asked', async () => {
  const calibrated = ['--calibrate', photos, '--calibration-images', '12', '--min-cosine', '0.9'];
  const shorter = ['--dim', '8', '--fit', photos];
  const kept = ['--keep-float', 'conv1,layer1.1'];
  const { code, stdout, stderr } = await run(
    'int8.onnx',
    '--int8',
    ...calibrated,
    ...kept,
    ...shorter,
    '--verbose',
  );
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /int8: cosine similarity to the float feature (?:0\.9\d+|1\.0+) \(median of 2 pictures/,
  );
  assert.match(stdout, /kept float: conv1, layer1\.1\.conv1, layer1\.1\.conv2/);
  assert.match(stdout, /^ +\d+\.\d dB {2}layer1\.0\.conv1$/m);
  const { metadata } = await readModelFile(join(folder, 'int8.onnx'));
  assert.match(
    stdout,
    /projection: 8 of 512 numbers keep \d+\.\d % of the features of the 20 pictures it was fitted on/,
  );
  assert.match(stdout, /recall@1 .*: \d+\.\d at 512, \d+\.\d at 256, \d+\.\d at 8$/m);
  assert.equal(metadata.dimension, 8);
  assert.deepEqual(metadata.quantization?.['pictures'], 12);
  const float = await run('float.onnx');
  assert.equal(float.code, 0, float.stderr);
  assert.ok(statSync(join(folder, 'int8.onnx')).size < 0.45 * statSync(join(folder, 'float.onnx')).size);
  assert.equal((await readModelFile(join(folder, 'float.onnx'))).metadata.quantization, undefined);
});

test('export --int8 without pictures, or the other way round, is told', async () => {
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  const wrong: readonly [RegExp, readonly string[]][] = [
    [/--calibrate/, ['--int8']],
    [/for --int8/, ['--calibrate', photos]],
    [/for --int8/, ['--keep-float', 'conv1']],
    [/no picture in .*source-invalid/, ['--int8', '--calibrate', empty]],
    [/--fit FOLDER/, ['--dim', '8']],
    [/for --dim/, ['--fit', photos]],
    [/below the network's/, ['--dim', '512', '--fit', photos]],
    [/halfPrecisionWeights must not be given with int8/, ['--int8', '--calibrate', photos, '--fp16-weights']],
  ];
  for (const [message, options] of wrong) {
    const { code, stderr } = await run('none.onnx', ...options);
    assert.equal(code, 1);
    assert.match(stderr, message);
  }
  assert.equal(existsSync(join(folder, 'none.onnx')), false);
});

test('pictures are drawn evenly over labels, none twice', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 60 }), (counts, wanted) => {
      const samples = counts.flatMap((count, label) =>
        Array.from({ length: count }, (_, i) => {
          const id = `${label}/${i}`;
          return { id, path: id, label: `${label}`, productId: `${label}` };
        }),
      );
      const drawn = drawEvenly(samples, wanted);
      assert.equal(new Set(drawn).size, Math.min(wanted, samples.length));
      assert.equal(drawn.length, Math.min(wanted, samples.length));
      const of = (label: string): number => drawn.filter((sample) => sample.label === label).length;
      for (const [a, countA] of counts.entries())
        for (const [b] of counts.entries()) assert.ok(of(`${a}`) === countA || of(`${a}`) >= of(`${b}`) - 1);
    }),
  );
});
