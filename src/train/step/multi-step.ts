import {
  type ModelProto,
  makeGraph,
  makeModel,
  makeNode,
  makeValueInfo,
  type ValueInfoProto,
} from '../../onnx/index.ts';
import { nextPrefix, type Step } from './step-graph.ts';

/** The prefix of the outer names: inside a Scan no name of the graph around it may be used again. */
export const multiStepPrefix = 'all.';

const byName = (values: readonly ValueInfoProto[]): Map<string, ValueInfoProto> =>
  new Map(values.map((value) => [value.name, value]));

const pick = (values: ReadonlyMap<string, ValueInfoProto>, names: readonly string[]): ValueInfoProto[] =>
  names.flatMap((name) => values.get(name) ?? []);

/**
 * Builds several training steps as one graph: ONNX's `Scan` over the batches with the state carried from step to step,
 * so that on a GPU it crosses the bus once in many steps. Inputs and outputs are those of the step, with the prefix
 * `all.`; the inputs besides the state, and the loss, have one more axis in front, the steps, whose number is free.
 * @throws TypeError if the step has no graph.
 */
export function multiStep({ model, feeds, state }: Step): ModelProto {
  const { graph } = model;
  if (graph === undefined) throw new TypeError('The step has no graph.');
  const inputs = byName(graph.input);
  const outputs = byName(graph.output);
  const carried = [...state.keys()];
  const fed = feeds.map(({ name }) => name);
  const next = carried.map((name) => nextPrefix + name);
  const body = {
    ...graph,
    input: pick(inputs, [...carried, ...fed]),
    output: pick(outputs, [...next, 'loss']),
  };
  const scan = makeNode({
    opType: 'Scan',
    inputs: [...carried, ...fed].map((name) => multiStepPrefix + name),
    outputs: [...next, 'loss'].map((name) => multiStepPrefix + name),
    attributes: { body, num_scan_inputs: fed.length },
  });
  const carriedInfo = (prefix: string) =>
    [...state].map(([name, shape]) => makeValueInfo(multiStepPrefix + prefix + name, 'float32', shape));
  const outer = makeGraph({
    name: 'training_steps',
    nodes: [scan],
    inputs: [
      ...carriedInfo(''),
      ...feeds.map(({ name, dataType, shape }) =>
        makeValueInfo(multiStepPrefix + name, dataType, ['T', ...shape]),
      ),
    ],
    outputs: [...carriedInfo(nextPrefix), makeValueInfo(`${multiStepPrefix}loss`, 'float32', ['T'])],
    initializers: [],
  });
  const opsets = Object.fromEntries(
    model.opsetImport.map(({ domain, version }) => [domain, Number(version)]),
  );
  return makeModel(outer, opsets, Number(model.irVersion), model.producerVersion);
}
