import { shown } from '../../json/index.ts';

/** The columns with a meaning in a manifest; all others are metadata. */
export const fixedColumns: ReadonlySet<string> = new Set([
  'path',
  'label',
  'id',
  'productId',
  'split',
  'metadata',
]);

/** Names that other programs give to the columns with a meaning: lower case, letters and digits only. */
const meanings: ReadonlyMap<string, string> = new Map(
  Object.entries({
    path: ['path', 'paths', 'file', 'filename', 'filepath', 'image', 'imagepath', 'imagefile', 'picture'],
    label: ['label', 'labels', 'class', 'classname', 'category'],
    id: ['id', 'itemid', 'imageid', 'pictureid'],
    productId: ['productid', 'product', 'productids', 'itemgroupid'],
    split: ['split', 'splits', 'subset'],
    metadata: ['metadata', 'meta'],
  }).flatMap(([name, others]) => others.map((other) => [other, name] as const)),
);

/** Returns the column with a meaning that another column's name is close to; undefined if there is none. */
export const nearestColumn = (name: string): string | undefined =>
  fixedColumns.has(name) ? undefined : meanings.get(name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, ''));

/** Returns a sentence for each column that looks as if it meant one with a meaning that is not there. */
export function nearMisses(names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const meant = nearestColumn(name);
    return meant === undefined || names.includes(meant)
      ? []
      : [`The column ${shown(name)} is kept as metadata. If it means ${meant}, write its name so.`];
  });
}
