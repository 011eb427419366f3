import { createHash } from 'node:crypto';
import { z } from 'zod';
import { SnapshelfError } from '../../errors.ts';
import { eachOf } from '../each-of.ts';
import type { Cluster } from './cluster.ts';
import { firstUuid, uuidOf } from './names.ts';
import { parsedText } from './parsed-text.ts';
import { addProperty, insertAll, makeClass, type NewObject, unindexed } from './registry.ts';
import type { StoredItem } from './stored-item.ts';

/** Bytes of one part of a picture. */
const partBytes = 256 * 1024;
/** Parts that one call writes: some megabytes. */
const partsAtOnce = 16;

/** A picture or a thumbnail of an item at one change of it. */
export type PictureKind = 'picture' | 'thumbnail';
type Facts = NonNullable<StoredItem['thumbnail']>;

/** The form of what a part says of itself: whose it is, at which change, and which one. */
const ofForm = z.tuple([z.enum(['picture', 'thumbnail']), z.string(), z.number(), z.int().min(0)]);

/** A part that is stored, without its bytes. */
export interface PicturePart {
  readonly uuid: string;
  /** The time at which it was written, milliseconds. */
  readonly writtenAt: number;
  /** Undefined for one that does not say so. */
  readonly of:
    | {
        readonly kind: PictureKind;
        readonly id: string;
        readonly sequence: number;
        readonly part: number;
      }
    | undefined;
}

/** The number of parts of that many bytes: at least one. */
export const partsOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / partBytes));

/** Returns what is remembered of a picture, to tell whether another is the same and whether all of it is there. */
export const factsOf = (bytes: Uint8Array): Facts => ({
  byteLength: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

const damaged = (id: string): SnapshelfError =>
  new SnapshelfError(
    'item-damaged',
    `The picture of item ${JSON.stringify(id)} is not what was stored. Add the item again.`,
    { details: { id } },
  );

/** The pictures of a collection, in parts: objects of a class of their own, without vectors. */
export class Pictures {
  readonly #cluster: Cluster;
  readonly #className: string;
  /** True if the class has the property that says whose a part is: one of an earlier version lacks it. */
  #whose: Promise<boolean> | undefined;

  constructor(cluster: Cluster, className: string) {
    this.#cluster = cluster;
    this.#className = className;
  }

  /** Makes the class. */
  prepare(): Promise<void> {
    const { configure } = this.#cluster;
    return makeClass(this.#cluster, {
      name: this.#className,
      properties: [{ name: 'bytes', dataType: 'blob' }, unindexed('sha256'), unindexed('of')],
      vectorizers: configure.vectors.selfProvided({ vectorIndexConfig: configure.vectorIndex.flat() }),
    });
  }

  /** Writes the parts of pictures. What is written of them before an item names it is found by nobody. */
  async write(
    pictures: readonly { id: string; sequence: number; kind: PictureKind; bytes: Uint8Array }[],
  ): Promise<void> {
    if (pictures.length === 0) return;
    await this.#sayWhose();
    let batch: NewObject[] = [];
    for (const { id, sequence, kind, bytes } of pictures)
      for (let part = 0; part < partsOf(bytes.length); part += 1) {
        const slice = bytes.subarray(part * partBytes, (part + 1) * partBytes);
        const properties = {
          bytes: Buffer.from(slice.buffer, slice.byteOffset, slice.length).toString('base64'),
          sha256: factsOf(slice).sha256,
          of: JSON.stringify([kind, id, sequence, part]),
        };
        batch.push({ id: uuidOf(kind, id, sequence, part), properties });
        if (batch.length < partsAtOnce) continue;
        await insertAll(this.#cluster, this.#className, batch);
        batch = [];
      }
    if (batch.length > 0) await insertAll(this.#cluster, this.#className, batch);
  }

  /** Reads a part; undefined if it is not there. @throws SnapshelfError `item-damaged`. */
  async part(
    { id, sequence }: Pick<StoredItem, 'id' | 'sequence'>,
    kind: PictureKind,
    part: number,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const object = await this.#cluster.object(this.#className, uuidOf(kind, id, sequence, part));
    if (object === undefined) return undefined;
    const bytes = Buffer.from(String(object.properties['bytes'] ?? ''), 'base64');
    if (factsOf(bytes).sha256 !== object.properties['sha256']) throw damaged(id);
    return new Uint8Array(bytes);
  }

  /** Reads all of a picture. @throws SnapshelfError `item-damaged`. */
  async whole(item: StoredItem, kind: PictureKind, facts: Facts): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array[] = [];
    for (let part = 0; part < partsOf(facts.byteLength); part += 1) {
      const bytes = await this.part(item, kind, part);
      if (bytes === undefined) throw damaged(item.id);
      parts.push(bytes);
    }
    const whole = new Uint8Array(Buffer.concat(parts));
    if (factsOf(whole).sha256 !== facts.sha256) throw damaged(item.id);
    return whole;
  }

  /** Deletes the pictures of items as they were. */
  async remove(items: readonly StoredItem[]): Promise<void> {
    const parts = items.flatMap(({ id, sequence, ...of }) =>
      (['picture', 'thumbnail'] as const).flatMap((kind) => {
        const facts = of[kind];
        if (facts === undefined) return [];
        return Array.from({ length: partsOf(facts.byteLength) }, (_, part) =>
          uuidOf(kind, id, sequence, part),
        );
      }),
    );
    await this.removeParts(parts);
  }

  /** Deletes parts by their UUIDs. */
  async removeParts(uuids: readonly string[]): Promise<void> {
    await eachOf(uuids, (uuid) => this.#cluster.delete(this.#className, uuid));
  }

  /** Lists parts that one replica has, by rising UUID, behind one of them. */
  async page(after: string | undefined, limit: number): Promise<PicturePart[]> {
    const returnProperties = ((await this.#saysWhose()) ? ['of'] : []) as never;
    const { objects } = await this.#cluster.inClass(this.#className, (all) =>
      all.query.fetchObjects({
        limit,
        after: after ?? firstUuid,
        returnProperties,
        returnMetadata: ['updateTime'],
      }),
    );
    return objects.map(({ uuid, properties, metadata }) => ({
      uuid,
      writtenAt: metadata?.updateTime?.getTime() ?? Date.now(),
      of: whoseOf(uuid, (properties as { of?: unknown }).of),
    }));
  }

  #saysWhose(): Promise<boolean> {
    this.#whose ??= this.#cluster
      .inClass(this.#className, (all) => all.config.get())
      .then(({ properties }) => properties.some(({ name }) => name === 'of'));
    this.#whose.catch(() => {
      this.#whose = undefined;
    });
    return this.#whose;
  }

  async #sayWhose(): Promise<void> {
    if (await this.#saysWhose()) return;
    await addProperty(this.#cluster, this.#className, unindexed('of'));
    this.#whose = Promise.resolve(true);
  }
}

/** Reads what a part says of itself; undefined for what is not its own. */
function whoseOf(uuid: string, text: unknown): PicturePart['of'] {
  const parsed = ofForm.safeParse(parsedText(text));
  if (!parsed.success) return undefined;
  const [kind, id, sequence, part] = parsed.data;
  return uuidOf(kind, id, sequence, part) === uuid ? { kind, id, sequence, part } : undefined;
}
