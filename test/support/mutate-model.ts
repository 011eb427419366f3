import fc from 'fast-check';
import { decodeModel, type GraphProto, type ModelProto } from '../../src/onnx/index.ts';

/** One change of a graph; numbers are taken modulo what there is. */
export interface Change {
  readonly kind: (typeof kinds)[number];
  readonly at: number;
  readonly other: number;
  readonly text: string;
  readonly number: bigint;
}

const kinds = [
  'input',
  'output',
  'operator',
  'domain',
  'number',
  'shape',
  'type',
  'drop',
  'twice',
  'move',
] as const;
const texts = [
  '',
  'image',
  'embedding',
  'Relu',
  'Conv',
  'Identity',
  'Expand',
  'Loop',
  'MatMul',
  'com.microsoft',
  '__proto__',
];
const numbers = [-1n, 0n, 1n, 2n, 7n, 1024n, 65_535n, 2n ** 31n, 2n ** 40n, -(2n ** 63n), 2n ** 63n - 1n];

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom(...kinds),
  at: fc.nat(),
  other: fc.nat(),
  text: fc.constantFrom(...texts),
  number: fc.constantFrom(...numbers),
});

const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(1, list.length)];

function apply({ node, initializer }: GraphProto, { kind, at, other, text, number }: Change): void {
  const [one, another] = [pick(node, at), pick(node, other)];
  const tensor = pick(initializer, at);
  const attribute = pick(one?.attribute ?? [], other);
  if (one === undefined || another === undefined || tensor === undefined) return;
  if (kind === 'input')
    one.input[other % (one.input.length + 1)] =
      pick([text, ...another.output, tensor.name], at + other) ?? '';
  if (kind === 'output') one.output[0] = pick([text, ...another.output], other) ?? '';
  if (kind === 'operator') one.opType = pick([text, another.opType], other) ?? '';
  if (kind === 'domain') one.domain = text;
  if (kind === 'number' && attribute !== undefined) {
    attribute.i = number;
    attribute.ints[other % (attribute.ints.length + 1)] = number;
  }
  if (kind === 'shape') tensor.dims[other % (tensor.dims.length + 1)] = number;
  if (kind === 'type') tensor.dataType = other % 20;
  if (kind === 'drop') node.splice(at % node.length, 1);
  if (kind === 'twice') node.push(one);
  if (kind === 'move') node.splice(other % node.length, 0, ...node.splice(at % node.length, 1));
}

export const modelChanges: fc.Arbitrary<Change[]> = fc.array(change, { minLength: 1, maxLength: 2 });

/** A valid model with some of its parts exchanged. */
export function changedModel(file: Uint8Array, changes: readonly Change[]): ModelProto {
  const model = decodeModel(file);
  for (const one of changes) if (model.graph !== undefined) apply(model.graph, one);
  return model;
}
