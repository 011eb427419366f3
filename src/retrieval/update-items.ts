import type {
  Gallery,
  Item,
  ItemInput,
  ItemUpdate,
  Json,
  UpdateOptions,
  UpdateResult,
} from '../gallery/index.ts';

type Metadata = Readonly<Record<string, Json>>;

const merged = (old: Metadata, change: Metadata): Metadata =>
  Object.fromEntries(Object.entries({ ...old, ...change }).filter(([, value]) => value !== null));

async function toInput(
  gallery: Gallery,
  collection: string,
  change: ItemUpdate,
  whole: boolean,
): Promise<ItemInput> {
  const { id, productId, label, split, metadata } = change;
  const old = await gallery.get(collection, id);
  const image = old.hasImage ? await gallery.image(collection, id) : undefined;
  const small = old.hasThumbnail ? await gallery.thumbnail(collection, id) : undefined;
  return {
    id: old.id,
    productId: (productId === undefined ? old.productId : productId) ?? undefined,
    label: (label === undefined ? old.label : label) ?? undefined,
    split: ((split === undefined ? old.split : split) as ItemInput['split'] | null) ?? undefined,
    metadata: metadata === undefined ? old.metadata : whole ? metadata : merged(old.metadata, metadata),
    vector: await gallery.vector(collection, id),
    imageHash: old.imageHash,
    image: image?.bytes,
    imageType: image?.mediaType,
    thumbnail: small?.bytes,
  };
}

/** Changes fields of items and leaves their pictures and vectors as they are, in one transaction. */
export async function updateItems(
  gallery: Gallery,
  collection: string,
  updates: readonly ItemUpdate[],
  { replaceMetadata = false }: UpdateOptions,
): Promise<UpdateResult> {
  const inputs: ItemInput[] = [];
  for (const change of updates) inputs.push(await toInput(gallery, collection, change, replaceMetadata));
  const { modelId } = await gallery.info(collection);
  const done = await gallery.upsert(collection, modelId, inputs);
  const items: Item[] = done.items;
  return { items, updated: done.replaced.length, unchanged: done.unchanged, widened: done.widened };
}
