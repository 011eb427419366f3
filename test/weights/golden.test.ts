import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SnapshelfError } from '../../src/errors.ts';
import { readSafetensors, readWeights, type StateDict } from '../../src/weights/index.ts';
import { fixture, shared } from '../support/repository.ts';

const golden = (name: string): string => fixture('weights', name);

/** -0 and NaN count: the bytes are compared. */
const plain = (tensors: StateDict): Record<string, unknown> =>
  Object.fromEntries(
    [...tensors].map(([name, { dims, dataType, data }]) => [
      name,
      { dims, dataType, bytes: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex') },
    ]),
  );

for (const file of ['zip.pth', 'zip-protocol4.pth', 'legacy.pth'])
  test(`${file}: every element type, views, shared and repeated elements as PyTorch has them`, async () => {
    const { tensors: expected } = await readSafetensors(golden('expected.safetensors'));
    const tensors = await readWeights(golden(file));
    assert.equal(tensors.size, 18);
    assert.deepEqual(plain(tensors), plain(expected));
  });

test("a checkpoint's state dict is found, and its DataParallel prefix dropped", async () => {
  const tensors = await readWeights(golden('checkpoint.pth'));
  assert.deepEqual(plain(tensors), plain(await readWeights(golden('checkpoint.safetensors'))));
  assert.ok(tensors.has('1.num_batches_tracked'));
});

test('a bare parameter is a tensor', async () => {
  const tensors = await readWeights(golden('parameter.pth'));
  assert.deepEqual([...tensors.keys()], ['weight']);
  assert.deepEqual([...(tensors.get('weight')?.data ?? [])], [1, 2]);
});

for (const [file, name] of [
  ['malicious.zip.pth', 'posix.system'],
  ['malicious.legacy.pth', 'posix.system'],
  ['whole-module.pth', 'torch.nn.modules.linear.Linear'],
] as const)
  test(`${file}: ${name} is refused by name`, () =>
    assert.rejects(
      readWeights(golden(file)),
      (error) =>
        error instanceof SnapshelfError &&
        error.code === 'weights-unsafe' &&
        error.message.includes(`"${name}"`),
    ));

const real = shared('weights', 'efficientnet-lite0-57934424.pth');
test('the real EfficientNet-Lite0, 18.8 MB in the legacy format', {
  skip: real === undefined && 'the shared weights are not beside the repository',
}, async () => {
  const tensors = await readWeights(real ?? '');
  assert.deepEqual(tensors.get('_conv_stem.weight')?.dims, [32, 3, 3, 3]);
  assert.deepEqual(tensors.get('_fc.weight')?.dims, [1000, 1280]);
  const floats = [...tensors.values()].filter(({ dataType }) => dataType === 'float32');
  assert.equal(
    floats.reduce((sum, { data }) => sum + data.length, 0),
    4_694_024,
  );
});
