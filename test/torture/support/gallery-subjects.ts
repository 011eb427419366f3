import fc from 'fast-check';
import type { Filter } from '../../../src/engine/index.ts';
import type { Gallery } from '../../../src/gallery/index.ts';
import { item, modelId, settings } from '../../gallery/support/gallery.ts';
import { type Subject, subject } from '../../support/fuzz/subject.ts';
import { mutated, mutatedJson } from '../../support/mutate.ts';

/** Filters that are nearly right, and cursors of lists and searches with characters exchanged. */
export async function gallerySubjects(gallery: Gallery): Promise<Subject[]> {
  await gallery.create(settings('shop', 4));
  await gallery.upsert(
    'shop',
    modelId,
    Array.from({ length: 30 }, (_, i) =>
      item(`i${i}`, [i, 1, 2, 3], {
        label: i % 2 === 0 ? 'even' : 'odd',
        metadata: { price: i, tags: ['a'] },
      }),
    ),
  );
  const query = Float32Array.of(1, 1, 1, 1);
  const next = (await gallery.search('shop', query, { k: 3 })).next ?? '';
  const listed = (await gallery.list('shop', { limit: 3 })).next ?? '';
  const cursors = mutated([Buffer.from(next), Buffer.from(listed)]).map((bytes) =>
    bytes.toString('latin1').replaceAll(/[^\w.-]/g, 'A'),
  );
  const filter = {
    and: [
      { field: 'label', in: ['even', 'x'] },
      {
        or: [{ field: 'metadata.price', gte: 3, lt: 20 }, { not: { field: 'metadata.tags', exists: true } }],
      },
    ],
  };
  return [
    subject({
      name: 'cursors',
      inputs: fc.tuple(cursors, fc.boolean()),
      passes: ([text]) => /^[\w-]+(\.[\w-]+)*$/.test(text),
      read: async ([after, isList]) => {
        await (isList
          ? gallery.list('shop', { limit: 3, after })
          : gallery.search('shop', query, { k: 3, after }));
        if (after !== (isList ? listed : next)) throw new Error(`${after} is taken, and nobody made it`);
      },
    }),
    subject({
      name: 'filters',
      inputs: mutatedJson(filter),
      passes: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
      read: (value) => gallery.list('shop', { filter: value as Filter }),
      // A value of a library call that is no object at all is misuse.
      isExpected: (error) => error instanceof TypeError || Object(error).code === 'filter-invalid',
    }),
  ];
}
