import { z } from 'zod';
import { checkName, isEngineAway, type Lease, type Records } from '../../engine/index.ts';
import { list, readJson } from '../../json/index.ts';
import { type GroupMember, maxMembers } from './group-members.ts';

// A search for duplicates begins anew where one of these is another.
const keyFields = {
  modelId: z.string().max(64),
  createdAt: z.string().max(64),
  sequence: z.int().min(0),
  threshold: z.number().gt(0).max(1),
  exact: z.boolean(),
};

const count = z.int().min(0);
const member = z
  .tuple([z.string().max(4096), z.number(), z.boolean()])
  .transform(([id, score, identical]): GroupMember => ({ id, score, identical }));

const schema = z.strictObject({
  formatVersion: z.literal(1),
  ...keyFields,
  startedAt: z.string().max(64),
  /** The last item that was looked at; null before the first. */
  after: z.string().max(4096).nullable(),
  isComplete: z.boolean(),
  done: count,
  total: count,
  cut: count,
  damaged: count,
  changed: count,
  groups: list(list(member, { min: 2, max: maxMembers }), { max: maxMembers }),
});

/** The state of a search for the duplicates of a collection, as it is kept: a cache that may be removed. */
export type Checkpoint = Readonly<Omit<z.output<typeof schema>, 'formatVersion'>>;

/** The circumstances that a search depends on. */
export type CheckpointKey = Pick<Checkpoint, keyof typeof keyFields>;

const most = maxMembers * 4200;
const limits = { bytes: most, depth: 5, nodes: 6 * maxMembers, elements: maxMembers };

/** The place of the checkpoint of a collection among the records of a server. */
export interface CheckpointPlace {
  readonly records: Records;
  readonly path: string;
  /** Is checked when it is written. */
  readonly lease?: Lease | undefined;
}

/** Returns the place of the checkpoint of a collection. @throws SnapshelfError `id-invalid`. */
export function checkpointOf(records: Records, collection: string, lease?: Lease): CheckpointPlace {
  checkName(collection);
  return { records, path: `duplicates/${collection}.json`, lease };
}

/** The one that was read last: pages of a result are asked for one after the other. */
let last: { readonly version: string; readonly state: Checkpoint } | undefined;

/** Reads a checkpoint. Returns undefined if there is none that can be used. @throws SnapshelfError `engine-unavailable`. */
export async function readCheckpoint({ records, path }: CheckpointPlace): Promise<Checkpoint | undefined> {
  try {
    const version = `${records.placeOf(path)} ${await records.versionOf(path)}`;
    if (last?.version === version) return last.state;
    const found = await records.read(path, most);
    if (found === undefined) return undefined;
    const { formatVersion: _, ...state } = schema.parse(readJson(found.content, limits));
    last = { version: `${records.placeOf(path)} ${found.version}`, state };
    return state;
  } catch (error) {
    if (isEngineAway(error)) throw error;
    // Whatever is wrong with it: the search begins anew.
    return undefined;
  }
}

/**
 * Writes a checkpoint so that a crash leaves this one or the one before.
 * @throws SnapshelfError `disk-full`, `not-writable`, `lease-lost`, `engine-unavailable`.
 */
export async function writeCheckpoint(
  { records, path, lease }: CheckpointPlace,
  { groups, ...state }: Checkpoint,
): Promise<void> {
  const rows = groups.map((group) => group.map(({ id, score, identical }) => [id, score, identical]));
  const text = `${JSON.stringify({ formatVersion: 1, ...state, groups: rows })}\n`;
  await records.write(path, text, { lease });
}

/** Removes a checkpoint, if there is one. */
export const removeCheckpoint = ({ records, path }: CheckpointPlace): Promise<void> => records.remove(path);

/** True if a checkpoint is of the search that a key describes. */
export const isOf = (state: Checkpoint, key: CheckpointKey): boolean =>
  (Object.keys(keyFields) as (keyof CheckpointKey)[]).every((field) => state[field] === key[field]);
