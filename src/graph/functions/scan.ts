import type { GraphProto } from '../../onnx/index.ts';
import type { Graph } from '../graph.ts';
import { fixedShape, type Value } from '../value.ts';

/** A graph for the body of a loop: the part of `GraphBuilder` that `scan` needs. */
export interface BodyBuilder extends Graph {
  input(name: string, dataType: Value['dataType'], shape: Value['shape']): Value;
  output(value: Value, as: string): void;
  build(parameters: ReadonlyMap<string, Float32Array>): { readonly graph?: GraphProto | undefined };
}

/** The values of a loop. */
export interface Scanned {
  /** Carried from turn to turn. */
  readonly states: readonly Value[];
  /** Read one element a turn, along their first axis, whose length is the number of turns. */
  readonly sequences: readonly Value[];
}

/** Puts a prefix before every name of a graph: ONNX allows no name of the graph around it again. */
function prefixNames({ node, input, output, initializer }: GraphProto, prefix: string): void {
  const named = (name: string): string => (name === '' ? '' : prefix + name);
  for (const one of node) {
    one.name = named(one.name);
    one.input = one.input.map(named);
    one.output = one.output.map(named);
  }
  for (const one of [...input, ...output, ...initializer]) one.name = named(one.name);
}

/**
 * Adds a loop, ONNX's `Scan`, and returns its states after the last turn. It has no gradient.
 *
 * @param body - an empty graph, to which `turn` adds the nodes of one turn
 * @param turn - returns the states after a turn, in the same shapes
 * @throws TypeError if the body has no graph
 */
export function scan<B extends BodyBuilder>(
  g: Graph,
  body: B,
  { states, sequences }: Scanned,
  turn: (body: B, states: readonly Value[], elements: readonly Value[]) => readonly Value[],
): Value[] {
  const own = states.map(({ dataType, shape }, at) => body.input(`state${at}`, dataType, shape));
  const elements = sequences.map((sequence, at) =>
    body.input(`element${at}`, sequence.dataType, fixedShape(sequence).slice(1)),
  );
  for (const [at, next] of turn(body, own, elements).entries()) body.output(next, `next${at}`);
  const { graph } = body.build(new Map());
  if (graph === undefined) throw new TypeError('The body of a loop has no graph.');
  prefixNames(graph, `${states[0]?.name ?? 'scan'}.body.`);
  const inputs = [...states, ...sequences];
  const first = g.apply('Scan', inputs, { body: graph, num_scan_inputs: sequences.length });
  return states.map(({ dataType, shape }, at) =>
    at === 0 ? first : g.furtherOutput(first, at, { dataType, shape }),
  );
}
