// slow: starts processes
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { snapshelf } from '../support/cli.ts';
import { fixture } from '../support/repository.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-weights-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const exported = (weights: string): ReturnType<typeof snapshelf> =>
  snapshelf(
    'export',
    '--arch',
    'efficientnet-lite0',
    '--weights',
    weights,
    '--out',
    join(folder, 'model.onnx'),
  );

/** Files cut down to one tensor: where that one is found, so that no more than the cut ones are missing. */
const small: Readonly<Record<string, string>> = {
  'small_counter.pth': ' in "model"',
  'small_set.pth': ' in "model"',
  'small_numpy_scalar.pth': ' in "state_dict"',
  'small_torchvision_ema.pth': ' in "model_ema" under "module."',
  'small_averaged.pth': ' under "module."',
  'small_encoder_prefix.pth': ' under "encoder."',
  'small_net_key.pth': ' in "net"',
  'small_lightning_criterion.pth': ' in "state_dict" under "model."',
};
for (const [name, place] of Object.entries(small))
  test(`weights/${name}: the place is found, and only what was cut away is missing`, async () => {
    const { code, stderr } = await exported(fixture('cases', 'weights', name));
    assert.equal(code, 1);
    assert.ok(stderr.includes(`The weights${place} do not fit the network.`), stderr);
    assert.match(stderr, /244 missing: _conv_stem\.weight/);
    assert.doesNotMatch(stderr, /unexpected|unfitting|[ ]_bn0\.weight/);
  });

test('weights/html.pth and weights/lfs.pth, which are no weights, are refused', async () => {
  for (const name of ['html.pth', 'lfs.pth']) {
    const { code, stderr } = await exported(fixture('cases', 'weights', name));
    assert.equal(code, 1);
    assert.match(stderr, /neither \.safetensors nor a PyTorch file.*weights-invalid/);
  }
});

/** The same kinds with all tensors, and siblings. */
const whole: Readonly<Record<string, RegExp>> = {
  'torchvision.pth': /^weights: taken in "model_ema" under "module."; left out n_averaged$/m,
  'lightning.ckpt': /^weights: taken in "state_dict" under "model."; left out criterion.weight$/m,
  'net.pth': /^weights: taken in "net"$/m,
};
for (const [name, said] of Object.entries(whole))
  test(`a whole checkpoint of a training script is exported: ${name}`, async () => {
    const { code, stdout, stderr } = await exported(fixture('weights', 'checkpoints', name));
    assert.equal(code, 0, stderr);
    assert.match(stdout, said);
  });
