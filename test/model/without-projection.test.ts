import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { appendProjection } from '../../src/export/projection/append-projection.ts';
import { loadModelFile, metadataKey, serializeMetadata, withoutProjection } from '../../src/model/index.ts';
import { encodeModel, setProperty } from '../../src/onnx/index.ts';
import { Session } from '../../src/runtime/index.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-projection-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('a model without its projection gives the feature that it had before, to the last bit', async () => {
  await writeTinyModel(join(folder, 'whole.onnx'));
  const whole = await loadModelFile(join(folder, 'whole.onnx'));
  assert.throws(() => withoutProjection(whole), { code: 'model-invalid' });
  const { dimension } = whole.metadata;
  const weight = Float32Array.from({ length: 4 * dimension }, (_, at) => Math.sin(at));
  const graph = whole.model.graph ?? assert.fail('no graph');
  const shorter = {
    ...whole.model,
    graph: appendProjection(graph, {
      weight,
      bias: new Float32Array(4),
      dimension: 4,
      kept: new Float64Array(4),
    }),
  };
  const metadata = { ...whole.metadata, dimension: 4, projection: { from: dimension, dimension: 4 } };
  setProperty(shorter, metadataKey, serializeMetadata(metadata));
  writeFileSync(join(folder, 'shorter.onnx'), encodeModel(shorter));
  const bytes = withoutProjection(await loadModelFile(join(folder, 'shorter.onnx')));
  writeFileSync(join(folder, 'again.onnx'), bytes);
  const again = await loadModelFile(join(folder, 'again.onnx'));
  assert.deepEqual([again.metadata.dimension, again.metadata.projection], [dimension, undefined]);
  const data = Uint8Array.from({ length: 64 * 64 * 3 }, (_, at) => (at * 7919) % 256);
  const embed = async (model: Uint8Array) => {
    await using session = await Session.open(model, { provider: 'cpu', threads: 1 });
    const { embedding } = await session.run({ image: { type: 'uint8', dims: [1, 64, 64, 3], data } });
    return embedding?.data;
  };
  assert.deepEqual(await embed(bytes), await embed(whole.bytes));
});
