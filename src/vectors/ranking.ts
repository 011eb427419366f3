/** The neighbours of one query, nearest first. */
export interface Ranking {
  /** Row of the query. */
  readonly query: number;
  /** Rows of the gallery, each once, nearest first, equal distances by row. The last includes all that are as near. */
  readonly neighbours: Uint32Array;
  /** True distances, ascending, `float32[neighbours]`. Items at an equal distance are tied. */
  readonly distances: Float32Array;
}

/** Checks rankings once, where they are made: the metrics trust them. */
export class RankingCheck {
  /** The number of the last ranking that had a row. */
  readonly #seen: Uint32Array;
  #number = 0;

  /** @param items Rows of the gallery. */
  constructor(items: number) {
    this.#seen = new Uint32Array(items);
  }

  /**
   * Returns the ranking as it is.
   * @param own Row of the gallery that must not be in it: the query itself. Default: none.
   * @throws RangeError If distances do not ascend, equal ones are not in the order of rows, or a row is not in the
   * gallery, there twice or the query's own.
   */
  check(ranking: Ranking, own = -1): Ranking {
    const { query, neighbours, distances } = ranking;
    if (neighbours.length !== distances.length)
      throw new RangeError(
        `Query ${query} has ${neighbours.length} neighbours, but ${distances.length} distances.`,
      );
    this.#number += 1;
    let before = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < neighbours.length; at += 1) {
      const row = neighbours[at] as number;
      const distance = distances[at] as number;
      if (!(distance > before) && !(distance === before && row > (neighbours[at - 1] as number)))
        throw new RangeError(
          `Neighbours of query ${query} are not in the order of their distances, then rows: see place ${at} (${distance}, after ${before}).`,
        );
      if (row >= this.#seen.length || row === own || this.#seen[row] === this.#number)
        throw new RangeError(
          `Query ${query} has neighbour ${row}, which is itself, there twice, or none of ${this.#seen.length} items.`,
        );
      this.#seen[row] = this.#number;
      before = distance;
    }
    return ranking;
  }
}
