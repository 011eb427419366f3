import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphBuilder } from '../../src/graph/index.ts';
import { architectureOf, buildNetwork, imageInput } from '../../src/nn/index.ts';
import { describeTaken, matchWeights, readWeights, type Weights } from '../../src/weights/index.ts';
import { fixture } from '../support/repository.ts';

const { input, ignoredWeights } = architectureOf('efficientnet-lite0');
const graph = new GraphBuilder('efficientnet-lite0');
buildNetwork(graph, 'efficientnet-lite0', imageInput(graph, 64, 64, input));
const expected = { shapes: graph.parameters, ignore: ignoredWeights };

const checkpoint = (name: string): Promise<Weights> => readWeights(fixture('weights', 'checkpoints', name));

/**
 * What each training script's file gives: where the weights lie, and the first `_bn0.weight`, which is 1.25 where it is
 * averaged and else 1.
 */
const files: Readonly<Record<string, readonly [taken: string, scale: number]>> = {
  'torchvision.pth': ['taken in "model_ema" under "module."; left out n_averaged', 1.25],
  'swa.pth': ['taken under "module."; left out n_averaged', 1.25],
  'timm.pth.tar': ['taken in "state_dict_ema"', 1.25],
  'lightning.ckpt': ['taken in "state_dict" under "model."; left out criterion.weight', 1],
  'oml.ckpt': ['taken in "state_dict" under "model.model."; left out criterion.miner.memory', 1],
  'fast-reid.pth': [
    'taken in "model" under "backbone."; left out pixel_mean, heads.weight, heads.bottleneck.0.bias',
    1,
  ],
  'compiled.pth': ['taken under "module._orig_mod."', 1],
  'net.pth': ['taken in "net"', 1],
  'encoder.pth': ['taken in "encoder" under "encoder.module."', 1],
  'subclasses.pth': ['taken in "params" under "module."', 1],
};
for (const [name, [place, scale]] of Object.entries(files))
  test(`${name}: a whole network is found beside foreign objects, and it is said where`, async () => {
    const { weights, taken } = matchWeights(expected, await checkpoint(name));
    assert.equal(weights.size, graph.parameters.size);
    assert.equal(describeTaken(taken), place);
    assert.equal(weights.get('_bn0.weight')?.[0], scale);
  });

test('a foreign object in the place of a tensor is refused by its name', async () => {
  const weights = await checkpoint('inside.pth');
  assert.throws(() => matchWeights(expected, weights), {
    code: 'weights-unsafe',
    message: /"tensors.Custom"/,
  });
});
