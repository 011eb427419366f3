import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Dataset } from '../sample.ts';
import { listCars } from './cars.ts';
import { listCub } from './cub.ts';
import { type Benchmark, type ExpectedCounts, published } from './expected.ts';
import { listInShop } from './in-shop.ts';
import { type Listed, toDataset } from './listing.ts';
import { listSop } from './sop.ts';

interface Recognised {
  readonly benchmark: Benchmark;
  readonly list: () => Promise<Listed[]>;
}

/** Recognises a data set by the listings in its folder. */
function recognise(root: string): Recognised | undefined {
  const has = (...files: readonly string[]): boolean => files.every((file) => existsSync(join(root, file)));
  if (has('images.txt', 'image_class_labels.txt')) return { benchmark: 'cub', list: () => listCub(root) };
  if (has('cars_annos.mat')) return { benchmark: 'cars', list: () => listCars(join(root, 'cars_annos.mat')) };
  if (has('Ebay_train.txt', 'Ebay_test.txt')) return { benchmark: 'sop', list: () => listSop(root) };
  const listings = ['', 'Eval', 'Anno'].map((folder) => join(root, folder, 'list_eval_partition.txt'));
  const listing = listings.find(existsSync);
  return listing === undefined ? undefined : { benchmark: 'in-shop', list: () => listInShop(listing) };
}

/** True for the folder of a data set that `readBenchmark` knows. */
export const isBenchmark = (source: string): boolean => recognise(resolve(source)) !== undefined;

/**
 * Reads CUB-200-2011 (`images.txt`, `image_class_labels.txt`), Cars-196 (`cars_annos.mat`), Stanford Online Products
 * (`Ebay_train.txt`, `Ebay_test.txt`) or In-Shop (`list_eval_partition.txt`, in the folder or in its `Eval` or `Anno`),
 * recognised by these files. Returns undefined for any other folder.
 *
 * @throws SnapshelfError `source-invalid` if a listing is malformed, its counts are not the published ones, or pictures
 * that it names are missing
 */
export async function readBenchmark(
  source: string,
  expected: ExpectedCounts = published,
): Promise<Dataset | undefined> {
  const root = resolve(source);
  const recognised = recognise(root);
  return recognised === undefined
    ? undefined
    : toDataset(root, recognised.benchmark, await recognised.list(), expected);
}
