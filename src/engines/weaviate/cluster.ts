import { setTimeout as sleep } from 'node:timers/promises';
import type { Collection, WeaviateClient } from 'weaviate-client';
import { SnapshelfError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { ClusterAddress, NodeAddress } from './address.ts';

/** Milliseconds that an answer to a search or a list may take. */
const answerMs = 30_000;
/** Milliseconds that a batch may take: a node asks the leader of the cluster first, and waits for one that has just been lost. */
const insertMs = 20_000;
/** Milliseconds within which a node says that it is alive. */
const aliveMs = 3000;

/** The times for which a cluster is waited for. */
export interface CallLimits {
  /** Milliseconds for which a call is tried again, on one node after the other. */
  readonly patienceMs: number;
  /** Milliseconds that reading or deleting one object may take: a node waits far longer for another that has just been lost. */
  readonly objectMs: number;
  /** Milliseconds after which it is asked whether the node of a call is still there, and then again and again. */
  readonly lookMs: number;
}

const defaultLimits: CallLimits = { patienceMs: 30_000, objectMs: 8000, lookMs: 1000 };

/** A node with its client. */
export interface Node {
  readonly address: NodeAddress;
  readonly client: WeaviateClient;
}

/** An object as the REST interface has it. */
export interface StoredObject {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly vectors?: Readonly<Record<string, readonly number[]>> | undefined;
}

type Client = typeof import('weaviate-client')['default'];

/** The nodes of a cluster. A call goes to one of them, and to the next when that does not answer. */
export class Cluster {
  readonly address: ClusterAddress;
  readonly #weaviate: Client;
  readonly #log: Logger;
  readonly #limits: CallLimits;
  readonly #clients = new Map<NodeAddress, Promise<WeaviateClient>>();
  #next = 0;
  #isClosed = false;

  constructor(weaviate: Client, address: ClusterAddress, log: Logger, limits: CallLimits = defaultLimits) {
    this.#weaviate = weaviate;
    this.address = address;
    this.#log = log;
    this.#limits = limits;
  }

  /** Opens clients to no node any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const client of this.#clients.values()) await client.then((one) => one.close()).catch(() => {});
    this.#clients.clear();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Builders of settings of classes. */
  get configure(): Client['configure'] {
    return this.#weaviate.configure;
  }

  /**
   * Does what may be done twice: again, on the next node, as long as none answers.
   * @throws SnapshelfError `engine-unavailable`, `closed`.
   */
  async run<T>(work: (node: Node) => Promise<T>): Promise<T> {
    const end = performance.now() + this.#limits.patienceMs;
    for (let wait = 50; ; wait = Math.min(2 * wait, 1000)) {
      if (this.#isClosed) throw new SnapshelfError('closed', 'The engine was closed.');
      const address = this.address.nodes[this.#next % this.address.nodes.length] as NodeAddress;
      try {
        const call = this.#clientOf(address).then((client) => work({ address, client }));
        return await this.#whileAlive(address, call);
      } catch (error) {
        if (!isTransient(error)) throw error;
        // Of calls at once that all fail, the first goes on to the next node for all of them.
        if (address === this.address.nodes[this.#next % this.address.nodes.length]) this.#next += 1;
        if (performance.now() + wait > end) throw unavailable(error);
        this.#log.warn('a Weaviate node did not answer: trying the next', {
          host: address.host,
          error: String(error),
        });
        await sleep(wait);
      }
    }
  }

  /** Waits for a call as long as its node is there: the client itself would try the same one again for half a minute. */
  async #whileAlive<T>(address: NodeAddress, call: Promise<T>): Promise<T> {
    while (!(await isSettledWithin(call, this.#limits.lookMs)))
      if (!(await isAlive(address))) {
        call.catch(() => {});
        this.#forget(address);
        throw new Error(`The connection to ${address.host} is lost.`);
      }
    return call;
  }

  /** Closes the client of a node, which ends its tries. */
  #forget(address: NodeAddress): void {
    const client = this.#clients.get(address);
    this.#clients.delete(address);
    client?.then((one) => one.close()).catch(() => {});
  }

  /** Does so in a class at the cluster's level of consistency. */
  inClass<T>(name: string, work: (collection: Collection<undefined>) => Promise<T>): Promise<T> {
    return this.run(({ client }) =>
      work(client.collections.use(name).withConsistency(this.address.consistency) as Collection<undefined>),
    );
  }

  /** The names of all classes. */
  classes(): Promise<string[]> {
    return this.run(async ({ client }) => (await client.collections.listAll()).map(({ name }) => name));
  }

  /** Reads an object as a quorum of its replicas has it; undefined if there is none. */
  object(className: string, id: string, withVector = false): Promise<StoredObject | undefined> {
    const level = `consistency_level=${this.address.consistency}`;
    return this.#rest('GET', `${className}/${id}?${level}${withVector ? '&include=vector' : ''}`);
  }

  /** Deletes an object from a quorum of its replicas. Does nothing if there is none. */
  async delete(className: string, id: string): Promise<void> {
    await this.#rest('DELETE', `${className}/${id}?consistency_level=${this.address.consistency}`);
  }

  #rest(method: string, path: string): Promise<StoredObject | undefined> {
    return this.run(async ({ address }) => {
      const { apiKey } = this.address;
      const response = await fetch(`${restOf(address)}/objects/${path}`, {
        method,
        headers: apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` },
        signal: AbortSignal.timeout(this.#limits.objectMs),
      });
      if (response.status === 404 || response.status === 204) {
        await response.arrayBuffer();
        return undefined;
      }
      if (!response.ok)
        throw new Error(`Weaviate answered with status code: ${response.status}, ${await response.text()}.`);
      return (await response.json()) as StoredObject;
    });
  }

  #clientOf(address: NodeAddress): Promise<WeaviateClient> {
    const known = this.#clients.get(address);
    if (known !== undefined) return known;
    const made = this.#connect(address);
    this.#clients.set(address, made);
    made.catch(() => this.#clients.delete(address));
    return made;
  }

  async #connect({ host, port, grpcPort, isSecure }: NodeAddress): Promise<WeaviateClient> {
    const client = await this.#weaviate.connectToCustom({
      httpHost: host,
      httpPort: port,
      httpSecure: isSecure,
      grpcHost: host,
      grpcPort,
      grpcSecure: isSecure,
      skipInitChecks: true,
      timeout: { init: 5, query: answerMs / 1000, insert: insertMs / 1000 },
      ...(this.address.apiKey !== undefined && {
        authCredentials: new this.#weaviate.ApiKey(this.address.apiKey),
      }),
    });
    try {
      // Until it knows the version the client asks for it beside each use of a class, and nobody hears that the node is gone: that would
      // end the process.
      await client.getWeaviateVersion();
      return client;
    } catch (error) {
      await client.close();
      throw error;
    }
  }
}

/** Resolves with true when the work is over, and with false if it is not by then. */
function isSettledWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms, false);
    const end = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    work.then(end, end);
  });
}

/** The beginning of the addresses of a node's REST interface. */
const restOf = ({ host, port, isSecure }: NodeAddress): string =>
  `http${isSecure ? 's' : ''}://${host}:${port}/v1`;

/** Resolves with true if a node answers, whatever it says. */
const isAlive = (address: NodeAddress): Promise<boolean> =>
  fetch(`${restOf(address)}/.well-known/live`, { signal: AbortSignal.timeout(aliveMs) }).then(
    (response) => response.arrayBuffer().then(() => true),
    () => false,
  );

/** True for an error that another node, or a later try, may not give: nodes that are away, and a lack of replicas. */
function isTransient(error: unknown): boolean {
  if (error instanceof SnapshelfError) return error.code === 'engine-unavailable';
  const texts: string[] = [];
  for (let one = error; one instanceof Error && texts.length < 5; one = one.cause)
    texts.push(one.name, one.message);
  return /UNAVAILABLE|DEADLINE|ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|TimeoutError|fetch failed|timed? ?out|consistency level|replicas?\b|leader|status code: 50\d|connection|broadcast|cluster|not ready/i.test(
    texts.join(' '),
  );
}

/** Makes the error of a cluster that no node of which answers. */
const unavailable = (cause: unknown): SnapshelfError =>
  new SnapshelfError(
    'engine-unavailable',
    `The engine weaviate does not answer: ${String((cause as Error).message ?? cause).slice(0, 300)}. Try again in some seconds.`,
    { cause, details: { retryAfterSeconds: 5 } },
  );
