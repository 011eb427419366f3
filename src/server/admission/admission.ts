import { largePixels } from '../../image/index.ts';
import type { Limits, RequestKind } from '../parsing/limits.ts';
import { Lane } from './lane.ts';

/** Kinds of work that do not wait for one another. */
export type LaneName = 'search' | 'bulk' | 'write';

/** The lane of each kind of request that has work to do; others are not held up. */
export const laneOf: Readonly<Partial<Record<RequestKind, LaneName>>> = {
  search: 'search',
  facets: 'search',
  embedding: 'search',
  comparison: 'search',
  explanation: 'search',
  searches: 'bulk',
  duplicates: 'bulk',
  item: 'write',
  batch: 'write',
  vectors: 'write',
};

/** Lets in what can be done soon: searches, batches of searches and writes apart, and of each the large pictures apart from all others. */
export class Admission {
  readonly #lanes: Readonly<Record<LaneName, { readonly usual: Lane; readonly large: Lane }>>;

  constructor({ searchesAtOnce, bulkAtOnce, writesAtOnce, largeAtOnce, maxWaitMs }: Limits) {
    const laneWith = (slots: number) => ({
      usual: new Lane({ slots, maxWaitMs }),
      large: new Lane({ slots: largeAtOnce, maxWaitMs }),
    });
    this.#lanes = {
      search: laneWith(searchesAtOnce),
      bulk: laneWith(bulkAtOnce),
      write: laneWith(writesAtOnce),
    };
  }

  /**
   * Checks, before its body is received, that a request need not wait long, and counts it as on its way.
   * @returns the function to call when its body has come, or will not; undefined for a kind that needs no turn
   * @throws SnapshelfError `queue-full`.
   */
  announce(kind: RequestKind): (() => void) | undefined {
    const name = laneOf[kind];
    return name === undefined ? undefined : this.#lanes[name].usual.announce();
  }

  /**
   * Waits for the turn of a request.
   * @param pixels those of its largest picture
   * @returns the function that ends the turn, or undefined for a kind that needs none
   * @throws SnapshelfError `queue-full`.
   * @throws unknown the signal's reason if it aborts before.
   */
  async enter(kind: RequestKind, pixels: number, signal: AbortSignal): Promise<(() => void) | undefined> {
    const name = laneOf[kind];
    if (name === undefined) return undefined;
    const { usual, large } = this.#lanes[name];
    return (pixels > largePixels ? large : usual).enter(signal);
  }
}
