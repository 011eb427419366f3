import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { GraphBuilder, gradients } from '../../../src/graph/index.ts';
import { type LossOption, type LossSettings, lossOf, lossOptionsOf } from '../../../src/nn/index.ts';
import { encodeModel } from '../../../src/onnx/index.ts';
import { Session } from '../../../src/runtime/index.ts';
import { fixture } from '../../support/repository.ts';

type OptionValue = number | string | boolean;

interface Batch {
  readonly embedding: readonly (readonly number[])[];
  readonly labels: readonly number[];
}

/** The batches that all losses are given, and the numbers of their parameters. */
interface Inputs {
  readonly classes: number;
  readonly parameters: Readonly<Record<string, readonly (number | readonly number[])[]>>;
  readonly batches: Readonly<Record<string, Batch>>;
}

/** A loss with some options, and what its oracle gives for batches. */
export interface Golden {
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly settings?: LossSettings;
  readonly isTerm?: boolean;
  /** The class and its arguments, or the formula. */
  readonly oracle: string;
  readonly batches: Readonly<
    Record<
      string,
      { readonly value: number; readonly gradients: Readonly<Record<string, readonly number[]>> }
    >
  >;
}

/** The largest relative errors; undefined where a loss has no parameters. */
export interface Errors {
  readonly value: number;
  readonly embedding: number;
  readonly parameters: number | undefined;
}

const read = <T>(name: string): T =>
  JSON.parse(readFileSync(fixture('nn', 'losses', `${name}.json`), 'utf8')) as T;
const { classes, parameters, batches } = read<Inputs>('batches');

/** Returns what the oracles of a loss give; none if it has none. */
export const goldensOf = (loss: string): readonly Golden[] =>
  existsSync(fixture('nn', 'losses', `${loss}.json`)) ? read<Golden[]>(loss) : [];

/** The first cells of the row of the table of oracles: loss, what differs from the default, oracle. */
export function headOf(loss: string, { options, settings, isTerm, oracle }: Golden): string {
  const variant = { ...options, ...settings, ...(isTerm && { isTerm }) };
  const cell = Object.keys(variant).length === 0 ? 'default' : `\`${JSON.stringify(variant)}\``;
  return `| ${loss} | ${cell} | ${oracle} |`;
}

/** The numbers of a parameter: proxies are those of the classifier. */
function numbersOf(name: string): Float32Array {
  const key = name.endsWith('.centers')
    ? 'centers'
    : name.endsWith('.bias')
      ? 'classifier.bias'
      : 'classifier.weight';
  return Float32Array.from((parameters[key] ?? []).flat());
}

/** A graph that computes a loss and its gradients as a training step does, for batches of a shape. */
function graphOf(
  loss: string,
  { options, settings, isTerm }: Golden,
  count: number,
  dimension: number,
): GraphBuilder {
  const g = new GraphBuilder('loss', { batchNorm: 'batch' });
  const embedding = g.input('embedding', 'float32', [count, dimension]);
  const labels = g.input('label', 'int64', [count]);
  const definition = lossOf(loss);
  const input = { embedding, labels, classes, settings, isTerm };
  const value = definition.build(g, input, lossOptionsOf(definition, options));
  const sources = [embedding, ...[...g.parameters.keys()].map((name) => g.value(name))];
  g.output(value, 'value');
  for (const [at, gradient] of gradients(g, value, sources).entries())
    g.output(gradient, `gradient.${sources[at]?.name}`);
  return g;
}

type Outputs = ReadonlyMap<string, readonly number[]>;

async function run(session: Session, { embedding, labels }: Batch): Promise<Outputs> {
  const [count, dimension] = [labels.length, embedding[0]?.length ?? 0];
  const outputs = await session.run({
    embedding: { type: 'float32', dims: [count, dimension], data: Float32Array.from(embedding.flat()) },
    label: { type: 'int64', dims: [count], data: BigInt64Array.from(labels, BigInt) },
  });
  return new Map(Object.entries(outputs).map(([name, { data }]) => [name, Array.from(data, Number)]));
}

/** Numbers below this are 0: what is left of sums of numbers near 1 in float64 that cancel. */
const zero = 1e-9;

/** The largest absolute difference over the oracle's largest absolute number; the difference itself where that is 0. */
function errorOf(actual: readonly number[] | undefined, expected: readonly number[]): number {
  if (actual?.length !== expected.length) return Number.POSITIVE_INFINITY;
  const scale = Math.max(...expected.map(Math.abs));
  const difference = Math.max(...expected.map((value, at) => Math.abs(value - (actual[at] ?? Number.NaN))));
  return scale < zero ? difference : difference / scale;
}

function compared(actual: Outputs, { value, gradients: expected }: Golden['batches'][string]): Errors {
  const { embedding = [], ...others } = expected;
  const names = Object.keys(others);
  const errors = names.map((name) => errorOf(actual.get(`gradient.${name}`), others[name] ?? []));
  if (actual.size !== names.length + 2) errors.push(Number.POSITIVE_INFINITY);
  return {
    value: errorOf(actual.get('value'), [value]),
    embedding: errorOf(actual.get('gradient.embedding'), embedding),
    parameters: errors.length === 0 ? undefined : Math.max(...errors),
  };
}

/** Returns the relative errors of a loss by batch; infinite ones where it has other parameters. */
export async function errorsOf(loss: string, golden: Golden): Promise<Map<string, Errors>> {
  const [{ embedding, labels } = { embedding: [], labels: [] }] = Object.values(batches);
  const g = graphOf(loss, golden, labels.length, embedding[0]?.length ?? 0);
  const numbers = new Map([...g.parameters.keys()].map((name) => [name, numbersOf(name)]));
  await using session = await Session.open(encodeModel(g.build(numbers)), { provider: 'cpu', threads: 1 });
  const found = new Map<string, Errors>();
  for (const [name, expected] of Object.entries(golden.batches)) {
    const batch = batches[name];
    assert.ok(batch);
    found.set(name, compared(await run(session, batch), expected));
  }
  return found;
}

/** Returns the largest of each error. */
export function largestOf(errors: Iterable<Errors>): Errors {
  const all = [...errors];
  const ofParameters = all.flatMap((one) => one.parameters ?? []);
  return {
    value: Math.max(...all.map(({ value }) => value)),
    embedding: Math.max(...all.map(({ embedding }) => embedding)),
    parameters: ofParameters.length === 0 ? undefined : Math.max(...ofParameters),
  };
}

/** Returns another value of an option: half as much again, another choice. */
function moved(option: LossOption, value: OptionValue): OptionValue {
  if (option.kind === 'flag') return value !== true;
  if (option.kind === 'choice') return option.values.find((one) => one !== value) ?? '';
  return option.kind === 'whole'
    ? Number(value) + 1
    : 1.5 * (typeof value === 'number' ? value : option.default) + (value === 0 ? 0.1 : 0);
}

/** Returns the oracles of a loss, on the balanced batch alone, for a loss whose option `name` has another value than theirs. */
export function withOptionsMoved(loss: string, name: string, option: LossOption): Golden[] {
  return goldensOf(loss).flatMap(({ batches: { balanced }, ...golden }) =>
    balanced === undefined
      ? []
      : [
          {
            ...golden,
            options: { ...golden.options, [name]: moved(option, golden.options[name] ?? option.default) },
            batches: { balanced },
          },
        ],
  );
}
