import type { Sample } from '../../datasets/index.ts';

/** Pictures that a network is validated on while it is trained: it never learns from the queries. */
export interface Validation {
  /** The source, as it was given. */
  readonly name: string;
  readonly queries: readonly Sample[];
  /** Null: each query is looked for among the other queries. */
  readonly gallery: readonly Sample[] | null;
}
