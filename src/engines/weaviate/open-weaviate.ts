import type { Engine } from '../../engine/index.ts';
import { type Logger, silentLogger } from '../../log.ts';
import { loadClient } from '../load-client.ts';
import { clusterAddress } from './address.ts';
import { Cluster } from './cluster.ts';
import { WeaviateEngine } from './weaviate-engine.ts';

/** Options of `openWeaviate`. */
export interface WeaviateOptions {
  /** Default: nothing is logged. */
  readonly log?: Logger | undefined;
  /** True refuses what would change something. Default false. */
  readonly readOnly?: boolean | undefined;
}

/**
 * Opens the collections of a Weaviate cluster.
 * @throws SnapshelfError `engine-unavailable`, `engine-not-installed`; RangeError for a URL of another form.
 */
export async function openWeaviate(url: string, options: WeaviateOptions = {}): Promise<Engine> {
  const address = clusterAddress(url);
  const { default: weaviate } = await loadClient('weaviate-client', () => import('weaviate-client'));
  const cluster = new Cluster(weaviate, address, options.log ?? silentLogger);
  const engine = new WeaviateEngine(cluster, options.readOnly === true);
  await engine.prepare();
  return engine;
}
