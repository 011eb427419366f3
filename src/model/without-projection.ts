import { SnapshelfError } from '../errors.ts';
import { encodeModel, GraphEditor, makeValueInfo, setProperty } from '../onnx/index.ts';
import { metadataKey, serializeMetadata } from './metadata.ts';
import type { LoadedModel } from './model-file.ts';

/**
 * Makes the model that gives the feature before its projection: the bytes of a model file.
 * @throws SnapshelfError `model-invalid` if its projection is not the last product of its graph.
 */
export function withoutProjection({ model, metadata, path }: LoadedModel): Uint8Array {
  const { projection, ...rest } = metadata;
  const { graph } = model;
  const dimension = projection?.['from'];
  const last = graph?.node.find(({ output }) => output.includes('embedding'));
  const [feature = '', weight = ''] = last?.input ?? [];
  if (graph === undefined || typeof dimension !== 'number' || !weight.startsWith('projection.weight'))
    throw new SnapshelfError(
      'model-invalid',
      `The model ${path} has no projection that can be taken off. Export it anew.`,
    );
  const editor = new GraphEditor(graph);
  editor.nodes.push(...graph.node.filter((node) => node !== last));
  editor.add('Identity', [feature], 'embedding');
  const output = graph.output.map((info) =>
    info.name === 'embedding' ? makeValueInfo('embedding', 'float32', ['N', dimension]) : info,
  );
  const whole = { ...model, graph: { ...editor.finish(), output } };
  setProperty(whole, metadataKey, serializeMetadata({ ...rest, dimension }));
  return encodeModel(whole);
}
