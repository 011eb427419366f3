import { type Metric, metricNames } from '../vectors/index.ts';
import { type Capability, engineCannot } from './capabilities.ts';
import type { Engine } from './engine.ts';
import type { SearchOptions } from './search-types.ts';
import type { DeleteOptions } from './write-types.ts';

/** The demands of a call that not every engine meets. */
interface Needs {
  readonly capabilities?: readonly Capability[];
  readonly metric?: Metric | undefined;
}

function ofSearch({ exact, ef, filter, after, sort }: SearchOptions = {}): Needs {
  const needed: Readonly<Partial<Record<Capability, boolean>>> = {
    exactPerQuery: exact === true,
    effortPerQuery: ef !== undefined,
    filteredPaging: filter !== undefined && after !== undefined,
    tiesById: sort !== undefined && sort.length > 0,
  };
  const capabilities = Object.keys(needed) as Capability[];
  return { capabilities: capabilities.filter((name) => needed[name]) };
}

const ofWrite = ({ expected }: DeleteOptions = {}): Needs => ({
  capabilities: expected === undefined ? [] : ['transactions'],
});

/** The calls that not every engine can do, as far as their arguments ask for it. */
const needsOf: { readonly [Call in keyof Engine]?: (...given: Parameters<Engine[Call] & Method>) => Needs } =
  {
    search: (_name, _vector, options) => ofSearch(options),
    upsert: (_name, _modelId, _items, options) => ofWrite(options),
    update: (_name, _updates, options) => ofWrite(options),
    delete: (_name, _selection, options) => ofWrite(options),
    facets: () => ({ capabilities: ['facets'] }),
    vector: () => ({ capabilities: ['rawVectors'] }),
    vectors: () => ({ capabilities: ['rawVectors'] }),
    snapshot: () => ({ capabilities: ['snapshots'] }),
    restore: () => ({ capabilities: ['snapshots'] }),
    create: ({ metric }) => ({ metric }),
    beginReembedding: (_name, { metric }) => ({ metric }),
  };

type Method = (...given: never) => unknown;

/** Checks that an engine has declared what a call needs. @throws SnapshelfError `engine-cannot`. */
function check({ kind, capabilities, metrics }: Engine, { capabilities: needed = [], metric }: Needs): void {
  const missing = needed.find((name) => !capabilities[name]);
  if (missing !== undefined) throw engineCannot(kind, missing);
  // What is no metric at all is misuse, which the engine refuses.
  if (metric !== undefined && metricNames.includes(metric) && !metrics.includes(metric))
    throw engineCannot(kind, `the metric ${metric}`);
}

/**
 * Returns an engine that refuses with `engine-cannot` what it does not declare, so that no engine has to, and none answers a
 * little differently instead. One that declares everything is returned as it is.
 */
export function refuseUndeclared(engine: Engine): Engine {
  const declaresAll = Object.values(engine.capabilities).every(Boolean);
  if (declaresAll && metricNames.every((metric) => engine.metrics.includes(metric))) return engine;
  return new Proxy(engine, {
    get(target, key) {
      // Its private fields are its own, not the proxy's.
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      const needs = needsOf[key as keyof Engine] as ((...given: readonly unknown[]) => Needs) | undefined;
      if (needs === undefined) return value.bind(target);
      return async (...given: readonly unknown[]): Promise<unknown> => {
        check(target, needs(...given));
        return value.apply(target, given);
      };
    },
  });
}
