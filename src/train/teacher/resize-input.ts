import { codeOf, encodeModel, GraphEditor, type ModelProto, makeValueInfo } from '../../onnx/index.ts';

/** Adds nodes from `crop: uint8[N,size,size,3]` to `image`, which the model takes; whole levels are left, as in a picture. */
function addResize(editor: GraphEditor, scale: number): void {
  editor.setConstant('crop.scales', 'float32', [4], Float32Array.of(1, 1, scale, scale));
  editor.add('Cast', ['crop'], 'crop.float', { to: codeOf('float32') });
  editor.add('Transpose', ['crop.float'], 'crop.planes', { perm: [0, 3, 1, 2] });
  const way = { mode: 'linear', coordinate_transformation_mode: 'half_pixel' };
  editor.add('Resize', ['crop.planes', '', 'crop.scales'], 'crop.resized', way);
  editor.add('Transpose', ['crop.resized'], 'crop.pixels', { perm: [0, 2, 3, 1] });
  editor.add('Round', ['crop.pixels'], 'crop.levels');
  editor.add('Cast', ['crop.levels'], 'image', { to: codeOf('uint8') });
}

/**
 * Encodes a model with a bilinear resize in front of its input: it takes `crop: uint8[N,size,size,3]`.
 * @param side side of the pictures that the model takes, in pixels
 * @throws TypeError if the model has no graph.
 */
export function withResizedInput(model: ModelProto, size: number, side: number): Uint8Array {
  const { graph } = model;
  if (graph === undefined) throw new TypeError('The model has no graph.');
  const editor = new GraphEditor(graph);
  addResize(editor, side / size);
  editor.nodes.push(...graph.node);
  const input = [makeValueInfo('crop', 'uint8', ['N', size, size, 3])];
  return encodeModel({ ...model, graph: { ...editor.finish(), input } });
}
