import { SnapshelfError } from '../errors.ts';

/** The points in which engines differ, by name, with what a caller cannot have where one is missing. */
export const capabilities = {
  foundAtOnce: 'that the next search sees a write',
  exactPerQuery: 'exact searches',
  effortPerQuery: 'an effort (ef) for one search',
  filteredPaging: 'further pages of a search with a filter',
  tiesById: 'an order of equal distances by id',
  rawVectors: 'vectors as they were given',
  facets: 'counts of the values of fields',
  snapshots: 'snapshots of a collection in one file',
  transactions: 'writes that depend on the state of an item',
} as const;

/** Something that an engine can do, or declares that it cannot. */
export type Capability = keyof typeof capabilities;

/**
 * The declaration of an engine: what it declares holds always, and what it does not is refused, never done a little differently.
 * `foundAtOnce`: a search that begins after a write has resolved sees it; else within 5 s, and `get` at once.
 * `exactPerQuery`: `exact` of a search compares with every vector. `effortPerQuery`: `ef` of a search. `filteredPaging`: pages
 * behind the first under a filter neither repeat nor skip. `tiesById`: equal distances come by `sort`, then by id.
 * `rawVectors`: vectors come out to the last bit as they went in. `facets`: `facets`. `snapshots`: `snapshot` and `restore`.
 * `transactions`: a write of several items is done whole or not at all, also where it is interrupted, and `expected` is checked in
 * it. Without, what is interrupted may be done in part, to be sent once more, and of two changes of one item at a time one is lost.
 */
export type Capabilities = Readonly<Record<Capability, boolean>>;

/** The capabilities of an engine that can do everything. */
export const allCapabilities = Object.fromEntries(
  Object.keys(capabilities).map((name) => [name, true]),
) as Capabilities;

/** The engine that can do what others cannot; a snapshot has the pictures in it. */
const instead = (what: string): string =>
  `a data folder${what === 'snapshots' ? ' that holds its pictures itself' : ''}`;

/** Makes the error of a call that an engine cannot do. */
export const engineCannot = (engine: string, what: Capability | `the metric ${string}`): SnapshelfError =>
  new SnapshelfError(
    'engine-cannot',
    `The engine ${engine} does not offer ${capabilities[what as Capability] ?? what}. Leave it out, or keep the collection in an engine that does, such as ${instead(what)}.`,
    { details: { engine, capability: what } },
  );
