import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { SnapshelfError } from '../../src/errors.ts';
import { readSafetensors, readWeights, type StateDict } from '../../src/weights/index.ts';
import { fixture, shared } from '../support/repository.ts';

const golden = (name: string): string => fixture('weights', name);

/** The tensors of a file that has one set of them. */
async function tensorsOf(path: string): Promise<StateDict> {
  const { sets } = await readWeights(path);
  assert.equal(sets.length, 1);
  return sets[0]?.tensors ?? assert.fail();
}

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
    const tensors = await tensorsOf(golden(file));
    assert.equal(tensors.size, 18);
    assert.deepEqual(plain(tensors), plain(expected));
  });

test("a checkpoint's state dict is found", async () => {
  const tensors = await tensorsOf(golden('checkpoint.pth'));
  const bare = [...tensors].map(([name, tensor]) => [name.replace('module.', ''), tensor] as const);
  assert.deepEqual(plain(new Map(bare)), plain(await tensorsOf(golden('checkpoint.safetensors'))));
  assert.ok(tensors.has('module.1.num_batches_tracked'));
});

test('a bare parameter is a tensor', async () => {
  const tensors = await tensorsOf(golden('parameter.pth'));
  assert.deepEqual([...tensors.keys()], ['weight']);
  assert.deepEqual([...(tensors.get('weight')?.data ?? [])], [1, 2]);
});

for (const [file, name] of [
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

test('malicious.zip.pth: a call beside the tensors is opaque, named and never made', async () => {
  const { sets } = await readWeights(golden('malicious.zip.pth'));
  assert.deepEqual([...(sets[0]?.tensors.keys() ?? [])], ['weight']);
  assert.deepEqual([...(sets[0]?.others ?? [])], [['extra', 'posix.system']]);
  assert.equal(existsSync('/tmp/snapshelf-was-here'), false);
});

const real = shared('weights', 'efficientnet-lite0-57934424.pth');
test('the real EfficientNet-Lite0, 18.8 MB in the legacy format', {
  skip: real === undefined && 'the shared weights are not beside the repository',
}, async () => {
  const tensors = await tensorsOf(real ?? '');
  assert.deepEqual(tensors.get('_conv_stem.weight')?.dims, [32, 3, 3, 3]);
  assert.deepEqual(tensors.get('_fc.weight')?.dims, [1000, 1280]);
  const floats = [...tensors.values()].filter(({ dataType }) => dataType === 'float32');
  assert.equal(
    floats.reduce((sum, { data }) => sum + data.length, 0),
    4_694_024,
  );
});
