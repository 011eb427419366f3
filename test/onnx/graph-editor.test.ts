import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphEditor, makeGraph, makeNode, makeTensor, makeValueInfo } from '../../src/onnx/index.ts';

/** `y = relu(x + c)`, and `c` read by a second node whose output nothing reads. */
const original = makeGraph({
  name: 'original',
  inputs: [makeValueInfo('x', 'float32', [2])],
  outputs: [makeValueInfo('y', 'float32', [2])],
  initializers: [makeTensor('c', 'float32', [2], Float32Array.of(3, 4))],
  nodes: [
    makeNode({ opType: 'Add', inputs: ['x', 'c'], outputs: ['sum'] }),
    makeNode({ opType: 'Relu', inputs: ['sum'], outputs: ['y'] }),
    makeNode({ opType: 'Neg', inputs: ['c'], outputs: ['unread'] }),
  ],
});
const [add, relu] = original.node;

test('producers and only readers are those of the original', () => {
  const editor = new GraphEditor(original);
  assert.equal(editor.producerOf('sum'), add);
  assert.equal(editor.producerOf('x'), undefined);
  assert.equal(editor.onlyReaderOf('sum'), relu);
  assert.equal(editor.onlyReaderOf('c'), undefined, 'two readers');
  assert.equal(editor.onlyReaderOf('unread'), undefined, 'no reader');
});

test('a value that is an output of the graph has no only reader', () => {
  const outputs = [...original.output, makeValueInfo('sum', 'float32', [2])];
  assert.equal(new GraphEditor({ ...original, output: outputs }).onlyReaderOf('sum'), undefined);
});

test('constants are found by name, and a missing one is named', () => {
  const editor = new GraphEditor(original);
  assert.equal(editor.isConstant('c'), true);
  assert.equal(editor.isConstant('x'), false);
  assert.deepEqual([...editor.numbers('c')], [3, 4]);
  assert.equal(editor.scalar('c'), 3);
  assert.equal(editor.scalar('x'), undefined);
  assert.throws(() => editor.constant('x'), {
    name: 'RangeError',
    message: 'x is not a constant of the graph.',
  });
});

test('the result has the collected nodes and only the constants that something reads', () => {
  const editor = new GraphEditor(original);
  const inputs = ['x', editor.setConstant('d', 'float32', [2], Float32Array.of(5, 6))];
  editor.setConstant('e', 'float32', [1], Float32Array.of(7));
  assert.equal(editor.add('Mul', inputs, 'y'), 'y');
  const { node, initializer, input, output } = editor.finish();
  assert.deepEqual(
    node.map(({ opType, output: names }) => [opType, ...names]),
    [['Mul', 'y']],
  );
  assert.deepEqual(
    initializer.map(({ name }) => name),
    ['d'],
  );
  assert.deepEqual([input, output], [original.input, original.output]);
});
