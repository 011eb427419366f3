import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { appendProjection } from '../../src/export/projection/append-projection.ts';
import { besideStart } from '../../src/export/start/beside-start.ts';
import {
  cellModel,
  defaultModel,
  type LoadedModel,
  loadModelFile,
  type ModelMetadata,
  metadataKey,
  serializeMetadata,
} from '../../src/model/index.ts';
import { encodeModel, type ModelProto, makeNode, setProperty } from '../../src/onnx/index.ts';
import { Session } from '../../src/runtime/index.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-cell-model-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function embed(model: Uint8Array, { preprocessing: { crop } }: ModelMetadata): Promise<Float32Array> {
  const dims = [1, crop.height, crop.width, 3];
  const data = Uint8Array.from({ length: crop.height * crop.width * 3 }, (_, at) => (at * 7919) % 256);
  await using session = await Session.open(model, { provider: 'cpu', threads: 1 });
  return (await session.run({ image: { type: 'uint8', dims, data } }))['embedding']?.data as Float32Array;
}

/** Writes a model under other metadata, and reads it with all checks. */
async function written(name: string, model: ModelProto, metadata: ModelMetadata): Promise<LoadedModel> {
  setProperty(model, metadataKey, serializeMetadata(metadata));
  writeFileSync(join(folder, name), encodeModel(model));
  return loadModelFile(join(folder, name));
}

/** Checks that the mean of the features of the cells is the embedding, to a share of its length. */
async function checkMean(loaded: LoadedModel, cells: number, tolerance: number): Promise<void> {
  const { bytes, rows, columns, dimension } = cellModel(loaded);
  assert.deepEqual([rows * columns, dimension], [cells, loaded.metadata.dimension]);
  const embedding = await embed(loaded.bytes, loaded.metadata);
  const values = await embed(bytes, loaded.metadata);
  assert.equal(values.length, cells * (1 + dimension));
  const length = Math.hypot(...embedding);
  embedding.forEach((value, i) => {
    let sum = 0;
    for (let cell = 0; cell < cells; cell += 1) sum += values[cell * (1 + dimension) + 1 + i] as number;
    assert.ok(Math.abs(sum / cells - value) < tolerance * length, `${i}: ${sum / cells}, not ${value}`);
  });
}

test('the mean of the features of the cells is the embedding, whatever head the model has', async () => {
  await writeTinyModel(join(folder, 'tiny.onnx'));
  const tiny = await loadModelFile(join(folder, 'tiny.onnx'));
  await checkMean(tiny, 4, 1e-5);
  const { dimension } = tiny.metadata;
  const weight = Float32Array.from({ length: 5 * dimension }, (_, at) => Math.sin(at));
  const projection = {
    weight,
    bias: Float32Array.of(1, 2, 3, 4, 5),
    dimension: 5,
    kept: new Float64Array(5),
  };
  const graph = appendProjection(tiny.model.graph ?? assert.fail('no graph'), projection);
  await checkMean(
    await written('projected.onnx', { ...tiny.model, graph }, { ...tiny.metadata, dimension: 5 }),
    4,
    1e-5,
  );
  await writeTinyModel(join(folder, 'other.onnx'), { seed: 2 });
  const other = await loadModelFile(join(folder, 'other.onnx'));
  const means = Float32Array.from(
    { length: 2 * dimension },
    (_, at) => Math.cos(at) / Math.sqrt(dimension / 2),
  );
  const centres = { start: means.slice(0, dimension), trained: means.slice(dimension) };
  const familiar = { labels: 2, means, low: -0.5, high: 0.9, share: 0.2, centres };
  const beside = besideStart(tiny.model, other.model, { share: 0.7, familiar }, dimension);
  await checkMean(
    await written('beside.onnx', beside.model, { ...tiny.metadata, dimension: 2 * dimension }),
    4,
    1e-5,
  );
});

test('an int8 model has cells too, which are exact where its pooling rounds', async () => {
  await checkMean(await loadModelFile(defaultModel), 49, 5e-3);
});

test('activations alone come of a softmax, nothing of a model without global average pooling', async () => {
  await writeTinyModel(join(folder, 'softmax.onnx'), { classes: 3 });
  const softmax = cellModel(await loadModelFile(join(folder, 'softmax.onnx')));
  assert.deepEqual([softmax.rows, softmax.columns, softmax.dimension], [2, 2, 0]);
  const tiny = await loadModelFile(join(folder, 'tiny.onnx'));
  assert.equal((await embed(softmax.bytes, tiny.metadata)).length, 4);
  const graph = tiny.model.graph ?? assert.fail('no graph');
  const node = graph.node.map((one) =>
    one.opType === 'GlobalAveragePool'
      ? makeNode({
          opType: 'MaxPool',
          inputs: one.input,
          outputs: one.output,
          attributes: { kernel_shape: [2, 2] },
        })
      : one,
  );
  const pooled = await written('pooled.onnx', { ...tiny.model, graph: { ...graph, node } }, tiny.metadata);
  assert.throws(() => cellModel(pooled), { code: 'no-feature-map', message: /pooled\.onnx/ });
});
