import {
  clip,
  flatten,
  type GraphBuilder,
  globalAveragePool,
  pow,
  reciprocal,
  type Value,
} from '../graph/index.ts';
import { batchNorm } from './layers.ts';
import type { NetworkOptions } from './network.ts';

/** Generalised-mean pooling (Radenovic et al. 2018): `mean(max(x, 1e-6)^p)^(1/p)`, with the parameter `pool.p[1]`. */
function gem(g: GraphBuilder, x: Value): Value {
  const p = g.parameter('pool.p', [1]);
  const powered = pow(g, clip(g, x, 1e-6), p);
  return pow(g, globalAveragePool(g, powered), reciprocal(g, p));
}

/** Adds the head that turns the feature map `float32[N,C,h,w]` into the feature `float32[N,C]`. */
export function head(
  g: GraphBuilder,
  map: Value,
  { pooling = 'average', featureNorm = false }: NetworkOptions,
): Value {
  const pooled = flatten(g, pooling === 'gem' ? gem(g, map) : globalAveragePool(g, map));
  return featureNorm ? batchNorm(g, pooled, 'feature_norm', { affine: false, neverFrozen: true }) : pooled;
}
