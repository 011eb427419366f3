/** The addresses of one node of a cluster. */
export interface NodeAddress {
  readonly host: string;
  readonly port: number;
  readonly grpcPort: number;
  readonly isSecure: boolean;
}

/** A cluster as a URL names it. */
export interface ClusterAddress {
  readonly nodes: readonly NodeAddress[];
  readonly apiKey?: string | undefined;
  /** Copies of every object in new collections. */
  readonly replicas: number;
  /** Parts that new collections are divided into. */
  readonly shards: number;
  readonly consistency: 'ONE' | 'QUORUM' | 'ALL';
  /** Answers that a search weighs at least (HNSW's ef), and the links and effort of building, in new collections. */
  readonly hnsw: { readonly ef: number; readonly m: number; readonly efConstruction: number };
  readonly quantizer: 'none' | 'rq' | 'sq';
}

const form = 'weaviate://HOST:PORT,HOST:PORT?grpc=50051&replicas=3&shards=3';

const refuse = (what: string): never => {
  throw new RangeError(
    `The URL of a Weaviate cluster is ${form}, perhaps with key@ before the hosts, tls=true, consistency, ef, m, efConstruction or quantizer; ${what}.`,
  );
};

function wholeOf(options: URLSearchParams, name: string, fallback: number, most: number): number {
  const text = options.get(name);
  if (text === null) return fallback;
  const value = Number(text);
  return Number.isInteger(value) && value >= 1 && value <= most
    ? value
    : refuse(`${name} is a whole number from 1 to ${most}, not ${JSON.stringify(text)}`);
}

function oneOf<T extends string>(options: URLSearchParams, name: string, allowed: readonly [T, ...T[]]): T {
  const text = options.get(name) ?? allowed[0];
  return allowed.find((one) => one === text) ?? refuse(`${name} is one of ${allowed.join(', ')}`);
}

const known = ['grpc', 'replicas', 'shards', 'tls', 'consistency', 'ef', 'm', 'efConstruction', 'quantizer'];

function nodesOf(hosts: string, options: URLSearchParams): NodeAddress[] {
  const grpcPorts = (options.get('grpc') ?? '50051').split(',').map(Number);
  const isSecure = oneOf(options, 'tls', ['false', 'true']) === 'true';
  return hosts.split(',').map((text, at) => {
    const [, host = '', port = '8080'] = /^([\w.-]+|\[[\da-f:]+\])(?::(\d{1,5}))?$/i.exec(text) ?? [];
    if (host === '') return refuse(`${JSON.stringify(text)} is no host`);
    const grpcPort = (grpcPorts.length === 1 ? grpcPorts[0] : grpcPorts[at]) ?? Number.NaN;
    for (const one of [Number(port), grpcPort])
      if (!(Number.isInteger(one) && one > 0 && one < 65_536))
        refuse('it needs one gRPC port, or one for each host');
    return { host, port: Number(port), grpcPort, isSecure };
  });
}

/** Reads the URL of a cluster. @throws RangeError for one that is not of its form. */
export function clusterAddress(url: string): ClusterAddress {
  const [, key, hosts = '', query = ''] =
    /^weaviate:\/\/(?:([^@/]*)@)?([^/?]+)\/?(?:\?(.*))?$/.exec(url) ?? [];
  if (hosts === '') refuse('this one names no hosts');
  const options = new URLSearchParams(query);
  for (const name of options.keys())
    if (!known.includes(name)) refuse(`there is no option ${JSON.stringify(name)}`);
  const nodes = nodesOf(hosts, options);
  return {
    nodes,
    ...(key && { apiKey: decodeURIComponent(key) }),
    replicas: wholeOf(options, 'replicas', nodes.length, 20),
    shards: wholeOf(options, 'shards', nodes.length, 1000),
    consistency: oneOf(options, 'consistency', ['QUORUM', 'ONE', 'ALL']),
    hnsw: {
      ef: wholeOf(options, 'ef', 128, 10_000),
      m: wholeOf(options, 'm', 16, 512),
      efConstruction: wholeOf(options, 'efConstruction', 200, 4096),
    },
    quantizer: oneOf(options, 'quantizer', ['none', 'rq', 'sq']),
  };
}
