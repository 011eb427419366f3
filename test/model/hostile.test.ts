import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { readModelFile } from '../../src/model/index.ts';
import {
  AttributeProtoSchema,
  FunctionProtoSchema,
  SparseTensorProtoSchema,
  TensorProtoSchema,
  TrainingInfoProtoSchema,
} from '../../src/onnx/generated/onnx_pb.ts';
import {
  type AttributeValue,
  decodeModel,
  encodeModel,
  type GraphProto,
  type ModelProto,
  makeGraph,
  makeNode,
  makeTensor,
  makeValueInfo,
  type NodeProto,
  setProperty,
  type TensorProto,
  type ValueInfoProto,
} from '../../src/onnx/index.ts';
import { meanColour } from '../embed/support/models.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-hostile-model-'));
after(() => rmSync(folder, { recursive: true }));

const base = meanColour(8, 0);
const path = join(folder, 'model.onnx');

/** Reads the small model with one thing changed. */
function read(change: (graph: GraphProto, model: ModelProto) => void): Promise<unknown> {
  const model = decodeModel(base);
  change(model.graph ?? assert.fail(), model);
  writeFileSync(path, encodeModel(model));
  return readModelFile(path);
}

/** A node between the picture's planes and their means: `planes` in, `planes2` out. */
function insert(
  graph: GraphProto,
  opType: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  more: Partial<NodeProto> = {},
): NodeProto {
  const at = graph.node.findIndex((node) => node.opType === 'GlobalAveragePool');
  const pool = graph.node[at] ?? assert.fail();
  const from = pool.input[0] ?? '';
  const node = makeNode({ opType, inputs: [from, ...inputs], outputs: ['inserted'], attributes });
  pool.input[0] = 'inserted';
  graph.node.splice(at, 0, Object.assign(node, more));
  return node;
}

const constant = (graph: GraphProto, tensor: TensorProto): string => {
  graph.initializer.push(tensor);
  return tensor.name;
};
const float = (name: string, dims: readonly number[]): TensorProto =>
  makeTensor(name, 'float32', dims, new Float32Array(dims.reduce((a, b) => a * b, 1)));
const external = (location: string): TensorProto =>
  create(TensorProtoSchema, {
    name: 'outside',
    dataType: 1,
    dims: [1n],
    dataLocation: 1,
    externalData: [{ key: 'location', value: location }],
  });
const body = (...nodes: readonly NodeProto[]): GraphProto =>
  makeGraph({
    name: 'body',
    nodes,
    inputs: [],
    outputs: [makeValueInfo('b', 'float32', [1])],
    initializers: [external('../../etc/passwd')],
  });

const refused: Readonly<Record<string, readonly [RegExp, (graph: GraphProto, model: ModelProto) => void]>> = {
  'numbers in a file above': [/another file/, (graph) => constant(graph, external('../../etc/passwd'))],
  'numbers in a file by its absolute path': [
    /another file/,
    (graph) => constant(graph, external('/etc/passwd')),
  ],
  'numbers in a file beside it': [/another file/, (graph) => constant(graph, external('beside.bin'))],
  'a place in another file, denied': [
    /another file/,
    (graph) => constant(graph, { ...external('x'), dataLocation: 0, rawData: new Uint8Array(4) }),
  ],
  'a constant of a node in another file': [
    /constants belong among the initializers/,
    (graph) => insert(graph, 'Relu', [], { value: external('/etc/passwd') }),
  ],
  'a branch': [
    /branches and loops/,
    (graph) => insert(graph, 'If', [], { then_branch: body(), else_branch: body() }),
  ],
  'a loop without end': [/branches and loops/, (graph) => insert(graph, 'Loop', ['', ''], { body: body() })],
  'a scan': [
    /branches and loops/,
    (graph) => insert(graph, 'Scan', [], { body: body(), num_scan_inputs: 1 }),
  ],
  'a graph in an attribute that says it is a number': [
    /branches and loops/,
    (graph) => {
      const node = insert(graph, 'Relu', []);
      node.attribute.push(create(AttributeProtoSchema, { name: 'x', type: 2, i: 1n, g: body() }));
    },
  ],
  'a list of graphs': [
    /branches and loops/,
    (graph) => {
      const node = insert(graph, 'Relu', []);
      node.attribute.push(create(AttributeProtoSchema, { name: 'x', type: 10, graphs: [body()] }));
    },
  ],
  'a sparse tensor in an attribute': [
    /constants belong/,
    (graph) => {
      const node = insert(graph, 'Relu', []);
      const sparseTensor = create(SparseTensorProtoSchema, { values: external('/etc/passwd') });
      node.attribute.push(create(AttributeProtoSchema, { name: 'x', type: 11, sparseTensor }));
    },
  ],
  'sparse tensors': [
    /sparse tensors/,
    (graph) =>
      graph.sparseInitializer.push(create(SparseTensorProtoSchema, { values: external('/etc/passwd') })),
  ],
  'functions of its own': [
    /functions/,
    (_, model) => model.functions.push(create(FunctionProtoSchema, { name: 'f', domain: 'local' })),
  ],
  'a training procedure': [
    /training procedure/,
    (_, model) => model.trainingInfo.push(create(TrainingInfoProtoSchema, { algorithm: body() })),
  ],
  'an operator of somebody': [
    /not one of ONNX's own/,
    (graph) => insert(graph, 'Relu', [], {}, { domain: 'evil' }),
  ],
  "an operator of ONNX Runtime's own": [
    /not one of ONNX's own/,
    (graph) => insert(graph, 'EPContext', [], {}, { domain: 'com.microsoft' }),
  ],
  'the operators of another domain imported': [
    /imports operators of "com.microsoft"/,
    (_, model) =>
      model.opsetImport.push({ $typeName: 'onnx.OperatorSetIdProto', domain: 'com.microsoft', version: 1n }),
  ],
  'a value made larger at will': [
    /operator "Expand" is none of/,
    (graph) => {
      const shape = constant(graph, makeTensor('shape', 'int64', [1], BigInt64Array.of(2n ** 40n)));
      insert(graph, 'Expand', [shape]);
    },
  ],
  'a constant of any shape': [
    /"ConstantOfShape" is none of/,
    (graph) => insert(graph, 'ConstantOfShape', []),
  ],
  'an operator named like a method of objects': [
    /"constructor" is none of/,
    (graph) => insert(graph, 'constructor', []),
  ],
  'random numbers': [/"RandomNormalLike" is none of/, (graph) => insert(graph, 'RandomNormalLike', [])],
  'numbers made into texts': [/other than numbers/, (graph) => insert(graph, 'Cast', [], { to: 8 })],
  'a border of a billion pixels': [
    /pads is out of range/,
    (graph) => insert(graph, 'MaxPool', [], { kernel_shape: [1, 1], pads: [2 ** 30, 0, 0, 0] }),
  ],
  'a border that makes a huge value': [
    /more than 4292608 numbers per picture/i,
    (graph) => insert(graph, 'MaxPool', [], { kernel_shape: [1, 1], pads: [30_000, 30_000, 30_000, 30_000] }),
  ],
  'a product that makes a huge value': [
    /Constants become more than 134217728 numbers/,
    (graph) => {
      const column = constant(graph, float('column', [2 ** 14, 1, 1, 1, 1]));
      const row = constant(graph, float('row', [2 ** 14, 1, 1, 1]));
      const at = graph.node.findIndex((node) => node.opType === 'GlobalAveragePool');
      const product = makeNode({ opType: 'Mul', inputs: [column, row], outputs: ['product'] });
      graph.node.splice(at, 0, product);
      insert(graph, 'Add', ['product']);
    },
  ],
  'many values that are alive at a time, in whatever order': [
    /numbers per picture could be in memory at a time/,
    (graph) => {
      // One half of the sum reads them early, the other late: no order lets go of them before.
      const at = graph.node.findIndex((node) => node.opType === 'GlobalAveragePool');
      const pool = graph.node[at] ?? assert.fail();
      const from = pool.input.splice(0, 1, 'both')[0] ?? '';
      const pads = [250, 250, 250, 250];
      const nodes = Array.from({ length: 10 }, (_, i) => [
        makeNode({
          opType: 'MaxPool',
          inputs: [from],
          outputs: [`big${i}`],
          attributes: { kernel_shape: [1, 1], pads },
        }),
        makeNode({ opType: 'GlobalAveragePool', inputs: [`big${i}`], outputs: [`mean${i}`] }),
        makeNode({
          opType: 'MaxPool',
          inputs: [`big${i}`],
          outputs: [`most${i}`],
          attributes: { kernel_shape: [508, 508] },
        }),
        makeNode({
          opType: 'Add',
          inputs: [i === 0 ? 'mean0' : `means${i - 1}`, `mean${i}`],
          outputs: [`means${i}`],
        }),
        makeNode({
          opType: 'Add',
          inputs: [i === 0 ? 'most0' : `mosts${i - 1}`, `most${i}`],
          outputs: [`mosts${i}`],
        }),
      ]).flat();
      graph.node.splice(
        at,
        0,
        ...nodes,
        makeNode({ opType: 'Add', inputs: ['means9', 'mosts9'], outputs: ['both'] }),
      );
    },
  ],
  'a quotient that makes a huge value': [
    /Constants become more than 134217728 numbers/,
    (graph) => {
      const column = constant(graph, float('column', [2 ** 14, 1, 1, 1, 1]));
      const row = constant(graph, float('row', [2 ** 14, 1, 1, 1]));
      const at = graph.node.findIndex((node) => node.opType === 'GlobalAveragePool');
      graph.node.splice(at, 0, makeNode({ opType: 'Div', inputs: [column, row], outputs: ['quotient'] }));
      insert(graph, 'Max', ['quotient']);
    },
  ],
  'rows that are joined to themselves until they fill the memory': [
    /numbers per picture could be in memory at a time/,
    (graph) => doubleRows(graph, 24),
  ],
  'rows that are joined to a longer embedding than the file says': [
    /give embedding the shape \[1,6\]/,
    (graph) => doubleRows(graph, 1),
  ],
  'a length of something other than rows': [
    /Only the rows of a matrix can be reduced/,
    (graph) => insert(graph, 'ReduceL2', [], { axes: [1], keepdims: 1 }),
  ],
  'rows of constants that are joined to the picture of one': [
    /Only the rows of matrices can be joined/,
    (graph) => insert(graph, 'Concat', [constant(graph, float('c', [1, 3, 8, 8]))], { axis: 1 }),
  ],
  'a value that nothing reads': [
    /Nothing reads its output/,
    (graph) => graph.node.push(makeNode({ opType: 'Relu', inputs: ['image'], outputs: ['dead'] })),
  ],
  'a convolution that takes for ever': [
    /more than 1099511627776 steps/,
    (graph) => {
      const first = insert(graph, 'Conv', [constant(graph, float('first', [2048, 3, 1, 1]))], {
        pads: [4, 4, 4, 4],
      });
      first.output[0] = 'wide0';
      const again = constant(graph, float('again', [2048, 2048, 1, 1]));
      const layers = Array.from({ length: 1100 }, (_, layer) =>
        makeNode({ opType: 'Conv', inputs: [`wide${layer}`, again], outputs: [`wide${layer + 1}`] }),
      );
      layers.at(-1)?.output.splice(0, 1, 'inserted');
      graph.node.splice(graph.node.indexOf(first) + 1, 0, ...layers);
    },
  ],
  'a value of a thousand axes': [
    /more than 8 axes/,
    (graph) => {
      const dims = new Array<number>(1000).fill(1);
      insert(graph, 'Add', [constant(graph, float('axes', dims))]);
    },
  ],
  'a cycle': [
    /not there yet/,
    (graph) => {
      insert(graph, 'Add', ['later']);
      graph.node.push(makeNode({ opType: 'Relu', inputs: ['inserted'], outputs: ['later'] }));
    },
  ],
  'a value that is nowhere': [/not there yet/, (graph) => insert(graph, 'Add', ['nowhere'])],
  'two values of one name': [
    /two values called "inserted"/,
    (graph) => {
      insert(graph, 'Relu', []);
      graph.node.push(makeNode({ opType: 'Relu', inputs: ['inserted'], outputs: ['inserted'] }));
    },
  ],
  'two constants of one name': [
    /two values called "c"/,
    (graph) => {
      constant(graph, float('c', [1]));
      constant(graph, float('c', [1]));
    },
  ],
  'a constant in the place of the picture': [
    /Its inputs are "nothing"/,
    (graph) => constant(graph, float('image', [1])),
  ],
  'two attributes of one name': [
    /two attributes of one name/,
    (graph) => {
      const { attribute } = insert(graph, 'MaxPool', [], { kernel_shape: [1, 1] });
      attribute.push(...attribute);
    },
  ],
  'an attribute taken from a function around it': [
    /a kind that is not supported/,
    (graph) => {
      const node = insert(graph, 'Relu', []);
      node.attribute.push(create(AttributeProtoSchema, { name: 'x', refAttrName: 'y' }));
    },
  ],
  'fewer numbers than the shape says': [
    /do not fill/,
    (graph) => constant(graph, { ...float('c', [4]), dims: [2n ** 20n] }),
  ],
  'a shape of negative sizes with a fitting product': [
    /has the shape \[-2,-2\]|do not fill/,
    (graph) => constant(graph, { ...float('c', [4]), dims: [-2n, -2n] }),
  ],
  'a shape whose product overflows': [
    /do not fill/,
    (graph) => constant(graph, { ...float('c', [4]), dims: [2n ** 62n, 4n] }),
  ],
  texts: [
    /element type 8/,
    (graph) =>
      constant(
        graph,
        create(TensorProtoSchema, { name: 'c', dataType: 8, dims: [1n], stringData: [new Uint8Array(1)] }),
      ),
  ],
  'a second input': [/Its inputs are /, (graph) => graph.input.push(makeValueInfo('extra', 'float32', [1]))],
  'an input of another name': [
    /Its inputs are "picture: /,
    (graph) => rename(graph.input, 'image', 'picture'),
  ],
  'pictures as floats': [
    /Its inputs are "image: float32/,
    (graph) => graph.input.splice(0, 1, makeValueInfo('image', 'float32', ['N', 8, 8, 3])),
  ],
  'pictures of another size': [
    /uint8\[N,8,8,3\]/,
    (graph) => graph.input.splice(0, 1, makeValueInfo('image', 'uint8', ['N', 4096, 4096, 3])),
  ],
  'pictures of any size': [
    /instead of image/,
    (graph) => graph.input.splice(0, 1, makeValueInfo('image', 'uint8', ['N', 'H', 'W', 3])),
  ],
  'exactly one picture': [
    /instead of image/,
    (graph) => graph.input.splice(0, 1, makeValueInfo('image', 'uint8', [1, 8, 8, 3])),
  ],
  'no embedding': [/Its outputs are "nothing"/, (graph) => graph.output.splice(0)],
  'the embedding twice': [/instead of embedding/, (graph) => graph.output.push(...graph.output)],
  'a third output': [
    /instead of embedding/,
    (graph) => graph.output.push(makeValueInfo('image', 'uint8', ['N', 8, 8, 3])),
  ],
  'an embedding of another length than the metadata says': [
    /instead of embedding/,
    (graph) => graph.output.splice(0, 1, makeValueInfo('embedding', 'float32', ['N', 2048])),
  ],
  'an embedding that comes out in another shape than the file says': [
    /give embedding the shape \[1,3,1,1\]/,
    (graph) => {
      const flatten = graph.node.find((node) => node.opType === 'Flatten') ?? assert.fail();
      flatten.opType = 'Identity';
      flatten.attribute.splice(0);
    },
  ],
  'two texts of metadata': [
    /2 entries of metadata/,
    (_, model) => model.metadataProps.push(...model.metadataProps),
  ],
  'metadata nested beyond sense': [
    /more than 64 levels/,
    (_, model) => setProperty(model, 'snapshelf', '['.repeat(100_000)),
  ],
  'metadata of a million values': [
    /more than 100000 values/,
    (_, model) => setProperty(model, 'snapshelf', `[${'[],'.repeat(200_000)}0]`),
  ],
  'an embedding longer than a collection takes': [
    /dimension must be a whole number from 1 to 16384/,
    (_, model) => changeMetadata(model, (fields) => ({ ...fields, dimension: 65_536 })),
  ],
  'a crop of another size than the input': [
    /instead of image: uint8\[N,9,9,3\]/,
    (_, model) =>
      changeMetadata(model, (fields) => ({
        ...fields,
        preprocessing: { resize: { mode: 'none' }, crop: { width: 9, height: 9 } },
      })),
  ],
};

/** Joins the rows of the embedding to themselves, again and again. */
function doubleRows(graph: GraphProto, times: number): void {
  const last = graph.node.find(({ output }) => output[0] === 'embedding') ?? assert.fail();
  last.output[0] = 'rows0';
  const joins = Array.from({ length: times }, (_, i) =>
    makeNode({
      opType: 'Concat',
      inputs: [`rows${i}`, `rows${i}`],
      outputs: [i === times - 1 ? 'embedding' : `rows${i + 1}`],
      attributes: { axis: 1 },
    }),
  );
  graph.node.push(...joins);
}

function rename(values: readonly ValueInfoProto[], from: string, to: string): void {
  for (const value of values) if (value.name === from) value.name = to;
}

function changeMetadata(model: ModelProto, change: (fields: object) => object): void {
  const text = model.metadataProps.find(({ key }) => key === 'snapshelf')?.value ?? assert.fail();
  setProperty(model, 'snapshelf', JSON.stringify(change(JSON.parse(text))));
}

test('the model that all of them are made from is one', async () => {
  await read(() => {});
  await read((graph) => insert(graph, 'Relu', []));
});

for (const [name, [says, change]] of Object.entries(refused))
  test(`refused: ${name}`, async () => {
    await assert.rejects(read(change), (error: Error & { code?: string }) => {
      assert.match(error.code ?? '', /^(onnx|model)-invalid$/);
      assert.match(error.message, says);
      assert.ok(error.message.includes(path) && error.message.length < 1500, error.message);
      return true;
    });
  });
