import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GraphBuilder } from '../../src/graph/index.ts';
import { encodeModel } from '../../src/onnx/index.ts';
import { exponentialAverages, type SgdOptions, sgd } from '../../src/optim/index.ts';
import { randomNumbers } from '../../src/random.ts';
import { type RuntimeTensor, Session } from '../../src/runtime/index.ts';

const shapes = { matrix: [3, 2], vector: [4] } as const;
type Name = keyof typeof shapes;
const names = Object.keys(shapes) as Name[];
const multipliers: Readonly<Record<Name, number>> = { matrix: 1, vector: 10 };
const averageDecay = 0.8;

/** A step whose gradients are given from outside. */
function graphOf(options: SgdOptions): GraphBuilder {
  const g = new GraphBuilder('sgd', { batchNorm: 'batch' });
  const rate = g.input('rate', 'float32', []);
  const learned = names.map((name) => ({
    parameter: g.parameter(name, shapes[name]),
    gradient: g.input(`${name}_grad`, 'float32', shapes[name]),
    multiplier: multipliers[name],
  }));
  sgd(g, learned, rate, options);
  exponentialAverages(g, names, averageDecay);
  for (const [name, next] of g.updates) g.output(next, `next.${name}`);
  return g;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

/** `torch.optim.SGD` and `clip_grad_norm_` by their documentation, in float64, for one parameter. */
class Reference {
  numbers: number[];
  average: number[];
  #velocity: number[] | undefined;
  readonly #options: SgdOptions;
  readonly #name: Name;

  constructor(name: Name, initial: readonly number[], options: SgdOptions) {
    this.#name = name;
    this.numbers = [...initial];
    this.average = [...initial];
    this.#options = options;
  }

  step(gradient: readonly number[], rate: number, clip: number): void {
    const { momentum, nesterov, weightDecay } = this.#options;
    const decay = shapes[this.#name].length > 1 ? weightDecay : 0;
    const d = gradient.map((value, i) => value * clip + decay * (this.numbers[i] ?? 0));
    const before = this.#velocity;
    const velocity = before === undefined ? d : d.map((value, i) => momentum * (before[i] ?? 0) + value);
    this.#velocity = velocity;
    const way = nesterov ? d.map((value, i) => value + momentum * (velocity[i] ?? 0)) : velocity;
    const own = rate * multipliers[this.#name];
    this.numbers = this.numbers.map((value, i) => value - own * (way[i] ?? 0));
    this.average = this.average.map(
      (value, i) => averageDecay * value + (1 - averageDecay) * (this.numbers[i] ?? 0),
    );
  }
}

const options: fc.Arbitrary<SgdOptions> = fc
  .record({
    momentum: fc.constantFrom(0, 0.5, 0.9, 0.99),
    nesterov: fc.boolean(),
    weightDecay: fc.constantFrom(0, 5e-4, 0.1),
    clipNorm: fc.constantFrom(undefined, 0.5, 100),
  })
  .map(({ nesterov, momentum, ...rest }) => ({ ...rest, momentum, nesterov: nesterov && momentum > 0 }));

test('five steps are those of PyTorch’s rules in float64', async () => {
  await fc.assert(
    fc.asyncProperty(options, fc.nat(1e6), async (chosen, seed) => {
      const random = randomNumbers(seed);
      const list = (size: number): number[] => Array.from({ length: size }, () => 2 * random() - 1);
      const g = graphOf(chosen);
      await using session = await Session.open(encodeModel(g.build()), { provider: 'cpu', threads: 1 });
      const initial = Object.fromEntries(names.map((name) => [name, list(sizeOf(shapes[name]))]));
      const references = names.map((name) => new Reference(name, initial[name] ?? [], chosen));
      const tensor = (dims: readonly number[], data: readonly number[]): RuntimeTensor => ({
        type: 'float32',
        dims,
        data: Float32Array.from(data),
      });
      let state = Object.fromEntries(
        [...g.parameters].map(([name, dims]) => {
          const start = name.startsWith('momentum.')
            ? Array<number>(sizeOf(dims)).fill(0)
            : initial[name.replace('average.', '')];
          return [name, tensor(dims, start ?? [])];
        }),
      );
      for (let step = 0; step < 5; step += 1) {
        const rate = 0.1 / (step + 1);
        const gradients = names.map((name) => list(sizeOf(shapes[name])));
        const norm = Math.sqrt(gradients.flat().reduce((sum, value) => sum + value * value, 0));
        const clip = typeof chosen.clipNorm !== 'number' ? 1 : Math.min(1, chosen.clipNorm / (norm + 1e-6));
        for (const [at, reference] of references.entries()) reference.step(gradients[at] ?? [], rate, clip);
        const fed = names.map((name, at) => [`${name}_grad`, tensor(shapes[name], gradients[at] ?? [])]);
        const outputs = await session.run({ ...state, ...Object.fromEntries(fed), rate: tensor([], [rate]) });
        state = Object.fromEntries(
          Object.keys(state).map((name) => [name, outputs[`next.${name}`] as RuntimeTensor]),
        );
      }
      for (const [at, name] of names.entries()) {
        const near = (given: RuntimeTensor | undefined, wanted: readonly number[] = []): void => {
          for (const [i, value] of wanted.entries())
            assert.ok(Math.abs(Number(given?.data[i]) - value) < 1e-5, name);
        };
        near(state[name], references[at]?.numbers);
        near(state[`average.${name}`], references[at]?.average);
      }
    }),
    { numRuns: 25 },
  );
});
