import { GraphEditor, type GraphProto, type ModelProto, makeValueInfo } from '../../onnx/index.ts';
import type { Familiarity } from './familiarity.ts';
import { withoutShared } from './share-trunk.ts';

/** The shares of the start's feature in the cosine. */
export interface Shares {
  /** Of pictures unlike those that were trained on; of all, if nothing tells them apart. */
  readonly share: number;
  /** Of pictures like those, and how they are told. */
  readonly familiar?: Familiar | undefined;
}

/** The facts about the pictures that were trained on. */
export interface Familiar extends Familiarity {
  readonly share: number;
  /** The means of both features of length 1, which are subtracted: what all pictures share tells none apart. */
  readonly centres: { readonly start: Float32Array; readonly trained: Float32Array };
}

/** Adds the rows of a value scaled to length 1; a row of zeros stays as it is. */
function addUnit(editor: GraphEditor, name: string, output: string): string {
  editor.setConstant('start.least', 'float32', [1], Float32Array.of(1e-12));
  const length = editor.add('ReduceL2', [name], `${output}.length`, { axes: [1], keepdims: 1 });
  return editor.add('Div', [name, editor.add('Max', [length, 'start.least'], `${output}.divisor`)], output);
}

/** Adds a feature of length 1 without what all pictures share, if that is known, at length 1 again. */
function addCentred(editor: GraphEditor, unit: string, name: string, centre: Float32Array | undefined) {
  if (centre === undefined) return unit;
  const mean = editor.setConstant(`${name}.centre`, 'float32', [centre.length], centre);
  return addUnit(editor, editor.add('Sub', [unit, mean], `${name}.difference`), `${name}.centred`);
}

const addNumber = (editor: GraphEditor, name: string, value: number): string =>
  editor.setConstant(name, 'float32', [1], Float32Array.of(value));

/** Adds the share of the start for each picture: `share`, or on the way from it to that of familiar ones. */
function addShare(editor: GraphEditor, unit: string, { share, familiar }: Shares, dimension: number): string {
  if (familiar === undefined) return addNumber(editor, 'start.share', share);
  const { labels, means, low, high } = familiar;
  const columns = new Float32Array(means.length);
  for (let at = 0; at < means.length; at += 1)
    columns[(at % dimension) * labels + Math.floor(at / dimension)] = means[at] ?? 0;
  const weight = editor.setConstant('start.means', 'float32', [dimension, labels], columns);
  const cosines = editor.add('Gemm', [unit, weight], 'start.cosines');
  const nearest = editor.add('ReduceMax', [cosines], 'start.nearest', { axes: [1], keepdims: 1 });
  const ramp = { alpha: { float: 1 / (high - low) }, beta: { float: -low / (high - low) } };
  const known = editor.add('HardSigmoid', [nearest], 'start.familiarity', ramp);
  const slope = addNumber(editor, 'start.slope', familiar.share - share);
  const change = editor.add('Mul', [known, slope], 'start.change');
  return editor.add('Add', [change, addNumber(editor, 'start.share', share)], 'start.shares');
}

/** Makes a copy of a graph whose output `embedding` has another name. */
function renamed(graph: GraphProto, to: string): GraphProto {
  const other = (name: string): string => (name === 'embedding' ? to : name);
  return { ...graph, node: graph.node.map((node) => ({ ...node, output: node.output.map(other) })) };
}

/**
 * Returns a model whose feature is those of two models of the same input side by side, each of length 1 times the root of
 * its share: the cosine of two pictures is the mean of both cosines, weighted by the shares. With familiar pictures each
 * feature is centred first. What both models compute
 * alike is computed once.
 *
 * @param trained - may have further outputs, which stay
 * @param start - its feature comes first
 * @throws TypeError if a model has no graph
 */
export function besideStart(
  trained: ModelProto,
  start: ModelProto,
  shares: Shares,
  dimension: number,
): { model: ModelProto; shared: number } {
  if (trained.graph === undefined || start.graph === undefined) throw new TypeError('A model has no graph.');
  const own = renamed(trained.graph, 'trained.feature');
  const { nodes, constants, output, shared } = withoutShared(own, start.graph, 'start.', 'embedding');
  const editor = new GraphEditor({ ...own, initializer: [...own.initializer, ...constants] });
  editor.nodes.push(...own.node, ...nodes);
  const first = addUnit(editor, output, 'start.unit');
  const second = addUnit(editor, 'trained.feature', 'trained.unit');
  const share = addShare(editor, first, shares, dimension);
  const rest = editor.add('Sub', [addNumber(editor, 'start.one', 1), share], 'trained.share');
  const centres = shares.familiar?.centres;
  const parts = [
    [addCentred(editor, first, 'start', centres?.start), editor.add('Sqrt', [share], 'start.factor')],
    [addCentred(editor, second, 'trained', centres?.trained), editor.add('Sqrt', [rest], 'trained.factor')],
  ].map((factors, at) => editor.add('Mul', factors, at === 0 ? 'start.part' : 'trained.part'));
  editor.add('Concat', parts, 'embedding', { axis: 1 });
  const outputs = trained.graph.output.map((info) =>
    info.name === 'embedding' ? makeValueInfo('embedding', 'float32', ['N', 2 * dimension]) : info,
  );
  return { model: { ...trained, graph: { ...editor.finish(), output: outputs } }, shared };
}
