import {
  codeOf,
  encodeModel,
  type GraphProto,
  type ModelProto,
  makeNode,
  makeTensor,
  makeValueInfo,
} from '../../onnx/index.ts';

/** Nodes from `crop: uint8[N,size,size,3]` to `image`, which the model takes; whole levels are left, as in a picture. */
function resizeNodes(): GraphProto['node'] {
  const float = codeOf('float32');
  const levels = codeOf('uint8');
  return [
    makeNode({ opType: 'Cast', inputs: ['crop'], outputs: ['crop.float'], attributes: { to: float } }),
    makeNode({
      opType: 'Transpose',
      inputs: ['crop.float'],
      outputs: ['crop.planes'],
      attributes: { perm: [0, 3, 1, 2] },
    }),
    makeNode({
      opType: 'Resize',
      inputs: ['crop.planes', '', 'crop.scales'],
      outputs: ['crop.resized'],
      attributes: { mode: 'linear', coordinate_transformation_mode: 'half_pixel' },
    }),
    makeNode({
      opType: 'Transpose',
      inputs: ['crop.resized'],
      outputs: ['crop.pixels'],
      attributes: { perm: [0, 2, 3, 1] },
    }),
    makeNode({ opType: 'Round', inputs: ['crop.pixels'], outputs: ['crop.levels'] }),
    makeNode({ opType: 'Cast', inputs: ['crop.levels'], outputs: ['image'], attributes: { to: levels } }),
  ];
}

/**
 * Encodes a model with a bilinear resize in front of its input: it takes `crop: uint8[N,size,size,3]`.
 * @param side side of the pictures that the model takes, in pixels
 * @throws TypeError if the model has no graph.
 */
export function withResizedInput(model: ModelProto, size: number, side: number): Uint8Array {
  const { graph } = model;
  if (graph === undefined) throw new TypeError('The model has no graph.');
  const scales = makeTensor('crop.scales', 'float32', [4], Float32Array.of(1, 1, side / size, side / size));
  return encodeModel({
    ...model,
    graph: {
      ...graph,
      input: [makeValueInfo('crop', 'uint8', ['N', size, size, 3])],
      node: [...resizeNodes(), ...graph.node],
      initializer: [...graph.initializer, scales],
    },
  });
}
