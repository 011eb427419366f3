import { GraphEditor, type GraphProto, makeValueInfo } from '../../onnx/index.ts';
import type { Projection } from './fit.ts';

/** Returns the same graph with a projection after its output `embedding`, as one more matrix product. */
export function appendProjection(graph: GraphProto, { weight, bias, dimension }: Projection): GraphProto {
  const rename = (names: readonly string[]): string[] =>
    names.map((name) => (name === 'embedding' ? 'feature' : name));
  const editor = new GraphEditor(graph);
  for (const node of graph.node)
    editor.nodes.push({ ...node, input: rename(node.input), output: rename(node.output) });
  const dims = [dimension, weight.length / dimension];
  const constants = [
    editor.setConstant('projection.weight', 'float32', dims, weight),
    editor.setConstant('projection.bias', 'float32', [dimension], bias),
  ];
  editor.add('Gemm', ['feature', ...constants], 'embedding', { transB: 1 });
  const output = graph.output.map((info) =>
    info.name === 'embedding' ? makeValueInfo('embedding', 'float32', ['N', dimension]) : info,
  );
  return { ...editor.finish(), output };
}
