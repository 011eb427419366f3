import { SnapshelfError } from '../errors.ts';
import {
  checkInference,
  encodeModel,
  GraphEditor,
  type GraphProto,
  makeValueInfo,
  type NodeProto,
} from '../onnx/index.ts';
import type { ModelMetadata } from './metadata-schema.ts';
import type { LoadedModel } from './model-file.ts';

/** A model that gives, for one picture, the cells of the feature map that its embedding is pooled from. */
export interface CellModel {
  /**
   * The bytes of the ONNX file. Its output `embedding` is `float32[1,rows*columns*(1+dimension)]`: for each cell, row by row, its
   * activation and then its feature.
   */
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly columns: number;
  /**
   * D, the length of a cell's feature; the mean of all cells' is the embedding. 0 where the embedding is no such mean: there are
   * activations only.
   */
  readonly dimension: number;
}

const noMap = (path: string, why: string): SnapshelfError =>
  new SnapshelfError(
    'no-feature-map',
    `The model ${path} ${why}: it cannot say where in a picture it looks. Give a crop box instead, or use a model that \`snapshelf export\` made.`,
  );

/** Finds the global average poolings that the embedding is made of: those behind which no other one comes. */
function lastPools(graph: GraphProto): NodeProto[] {
  const editor = new GraphEditor(graph);
  const seen = new Set<string>();
  const pools: NodeProto[] = [];
  const open = ['embedding'];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const node = editor.producerOf(name);
    if (node?.opType === 'GlobalAveragePool') pools.push(node);
    else open.push(...(node?.input ?? []));
  }
  return pools.reverse();
}

const inputOf = ({ preprocessing: { crop } }: ModelMetadata) =>
  new Map([['image', [1, crop.height, crop.width, 3]]]);

/** A feature map that is pooled, and the name of what becomes of it. */
interface PooledMap {
  readonly map: string;
  readonly pooled: string;
  readonly channels: number;
}

/** Describes the maps that the embedding is pooled from. @throws SnapshelfError `no-feature-map` */
function pooledMaps(
  { model, metadata, path }: LoadedModel,
  graph: GraphProto,
): { readonly maps: PooledMap[]; readonly rows: number; readonly columns: number } {
  const pools = lastPools(graph).map(({ input, output }) => ({
    map: input[0] ?? '',
    pooled: output[0] ?? '',
  }));
  if (pools.length === 0) throw noMap(path, 'has no global average pooling');
  const wanted = pools.map(({ map }) => makeValueInfo(map, 'float32', ['N', 'C', 'h', 'w']));
  const whole = { ...model, graph: { ...graph, output: [...graph.output, ...wanted] } };
  const shapes = checkInference(whole, inputOf(metadata));
  const sizes = pools.map(({ map }) => shapes.get(map) ?? []);
  const [[, , rows = 0, columns = 0] = []] = sizes;
  if (sizes.some(([, , h, w]) => h !== rows || w !== columns))
    throw noMap(path, 'pools feature maps of several sizes');
  return {
    maps: pools.map((pool) => ({ ...pool, channels: shapes.get(pool.map)?.[1] ?? 0 })),
    rows,
    columns,
  };
}

/** Adds the rows of a map `[1,C,h,w]`, one per cell: `[h*w,C]`. */
function addRows(editor: GraphEditor, map: string, output: string): string {
  const last = editor.add('Transpose', [map], `${output}.last`, { perm: [0, 2, 3, 1] });
  return editor.add('Flatten', [last], output, { axis: 3 });
}

/**
 * Adds the activation of each cell: the sum over its channels (Wei et al. 2017, "Selective Convolutional Descriptor Aggregation").
 * Where several maps are pooled, each is divided by its mean, and they are added.
 */
function addActivation(editor: GraphEditor, maps: readonly PooledMap[]): string {
  const sums = maps.map(({ map, channels }, i) => {
    const ones = new Float32Array(channels).fill(1);
    const weight = editor.setConstant(`cells.ones${i}`, 'float32', [1, channels, 1, 1], ones);
    const sum = editor.add('Conv', [map, weight], `cells.sum${i}`);
    if (maps.length === 1) return sum;
    const mean = editor.add('GlobalAveragePool', [sum], `cells.mean${i}`);
    return editor.add('Div', [sum, mean], `cells.share${i}`);
  });
  const whole = sums.reduce((sum, one, i) => editor.add('Add', [sum, one], `cells.total${i}`));
  return addRows(editor, whole, 'cells.activation');
}

/** Operators that treat each row alike and leave the mean of the rows where it is, by which of their inputs have a row per cell. */
const affine: Readonly<Record<string, (isCell: readonly boolean[]) => boolean>> = {
  Add: () => true,
  BatchNormalization: ([first]) => first === true,
  Concat: (isCell) => isCell.every(Boolean),
  Div: ([first, second]) => first === true && second === false,
  Flatten: () => true,
  Gemm: ([first, ...others]) => first === true && !others.includes(true),
  Identity: () => true,
  Mul: (isCell) => isCell.filter(Boolean).length === 1,
  Sub: () => true,
};

/**
 * Adds what a node of the head makes of single cells. What is not affine, such as the length of a feature, stays that of the whole
 * picture, so that the mean of the cells is its embedding. Bytes are passed over: their range is that of the pooled feature.
 *
 * @param cells - the names of the values that have a row per cell, by the names of those of the whole picture
 */
function addAlong(editor: GraphEditor, node: NodeProto, cells: Map<string, string>): void {
  const [output = ''] = node.output;
  const isCell = node.input.map((name) => cells.has(name));
  if (cells.has(output) || !isCell.includes(true)) return;
  const input = node.input.map((name) => cells.get(name) ?? name);
  if (/^(Dequantize|Quantize)Linear$/.test(node.opType)) {
    if (isCell[0] === true) cells.set(output, input[0] ?? '');
    return;
  }
  if (affine[node.opType]?.(isCell) !== true) return;
  const own = `cells.${output}`;
  editor.nodes.push(changed(node, { name: own, input, output: [own] }));
  cells.set(output, own);
}

/** Copies a node with some fields changed, the defaults of its kind included. */
const changed = (node: NodeProto, fields: Partial<NodeProto>): NodeProto =>
  Object.assign(Object.create(Object.getPrototypeOf(node)), node, fields);

/** Keeps the nodes that an output needs. */
function neededFor(output: string, nodes: readonly NodeProto[]): NodeProto[] {
  const wanted = new Set([output]);
  const needed = nodes.toReversed().filter((node) => {
    const isNeeded = node.output.some((name) => wanted.has(name));
    if (isNeeded) for (const name of node.input) wanted.add(name);
    return isNeeded;
  });
  return needed.reverse();
}

/** Gives the output of a graph another name: `embedding` is that of the cells. */
function withoutOutput(graph: GraphProto): GraphProto {
  const other = (name: string): string => (name === 'embedding' ? 'picture.embedding' : name);
  const node = graph.node.map((one) =>
    changed(one, { input: one.input.map(other), output: one.output.map(other) }),
  );
  return { ...graph, node, output: [] };
}

/**
 * Makes the model that gives the cells of the feature map of a model file, for one picture at a time.
 * @throws SnapshelfError `no-feature-map` if its embedding is not made of a map by global average pooling.
 */
export function cellModel(loaded: LoadedModel): CellModel {
  const { model, metadata, path } = loaded;
  if (model.graph === undefined) throw noMap(path, 'has no graph');
  const { maps, rows, columns } = pooledMaps(loaded, model.graph);
  const graph = withoutOutput(model.graph);
  const editor = new GraphEditor(graph);
  editor.nodes.push(...graph.node);
  const cells = new Map(maps.map(({ map, pooled }, i) => [pooled, addRows(editor, map, `cells.map${i}`)]));
  for (const node of graph.node) addAlong(editor, node, cells);
  const activation = addActivation(editor, maps);
  const feature = cells.get('picture.embedding');
  const dimension = feature === undefined ? 0 : metadata.dimension;
  const row =
    feature === undefined
      ? activation
      : editor.add('Concat', [activation, feature], 'cells.rows', { axis: 1 });
  editor.add('Flatten', [row], 'embedding', { axis: 0 });
  const needed = neededFor('embedding', editor.nodes.splice(0));
  editor.nodes.push(...needed);
  const numbers = rows * columns * (1 + dimension);
  const output = [makeValueInfo('embedding', 'float32', [1, numbers])];
  const whole = { ...model, graph: { ...editor.finish(), output } };
  const [shape] = checkInference(whole, inputOf(metadata)).values();
  if (shape?.[1] !== numbers) throw noMap(path, 'has a head that cannot be followed cell by cell');
  return { bytes: encodeModel(whole), rows, columns, dimension };
}
