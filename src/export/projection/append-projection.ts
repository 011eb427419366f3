import { type GraphProto, makeNode, makeTensor, makeValueInfo } from '../../onnx/index.ts';
import type { Projection } from './fit.ts';

/** Returns the same graph with a projection after its output `embedding`, as one more matrix product. */
export function appendProjection(graph: GraphProto, { weight, bias, dimension }: Projection): GraphProto {
  const rename = (names: readonly string[]): string[] =>
    names.map((name) => (name === 'embedding' ? 'feature' : name));
  const node = graph.node.map((old) => ({ ...old, input: rename(old.input), output: rename(old.output) }));
  const gemm = makeNode({
    name: 'projection',
    opType: 'Gemm',
    inputs: ['feature', 'projection.weight', 'projection.bias'],
    outputs: ['embedding'],
    attributes: { transB: 1 },
  });
  const constants = [
    makeTensor('projection.weight', 'float32', [dimension, weight.length / dimension], weight),
    makeTensor('projection.bias', 'float32', [dimension], bias),
  ];
  const output = graph.output.map((info) =>
    info.name === 'embedding' ? makeValueInfo('embedding', 'float32', ['N', dimension]) : info,
  );
  return { ...graph, node: [...node, gemm], initializer: [...graph.initializer, ...constants], output };
}
