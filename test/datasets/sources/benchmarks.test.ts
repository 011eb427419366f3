import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { type ExpectedCounts, published } from '../../../src/datasets/sources/benchmarks/expected.ts';
import { readBenchmark } from '../../../src/datasets/sources/benchmarks/index.ts';
import { readSource } from '../../../src/datasets/sources/read-source.ts';
import { cells, matFile, numbers, struct, text } from '../../support/matlab.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-benchmarks-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Writes files of a data set; what ends in .jpg only has to be there. */
function write(root: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, root, name)), { recursive: true });
    writeFileSync(join(folder, root, name), content);
  }
  return join(folder, root);
}

const pictures = (...names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, 'jpg']));

/** The counts of the small copies below. */
const small: ExpectedCounts = {
  cub: [
    { split: 'train', images: 2, labels: 2 },
    { split: 'test', images: 1, labels: 1 },
  ],
  cars: [
    { split: 'train', images: 1, labels: 1 },
    { split: 'test', images: 2, labels: 1 },
  ],
  sop: [
    { split: 'train', images: 2, labels: 1 },
    { split: 'test', images: 1, labels: 1 },
  ],
  'in-shop': [
    { split: 'train', images: 1, labels: 1 },
    { split: 'query', images: 1, labels: 1 },
    { split: 'gallery', images: 2, labels: 1 },
  ],
};

const cub = {
  'images.txt': '1 001.Albatross/a.jpg\n2 100.Pelican/b.jpg\n3 101.Brown/c.jpg\n',
  'image_class_labels.txt': '1 1\n2 100\n3 101\n',
  ...pictures('images/001.Albatross/a.jpg', 'images/100.Pelican/b.jpg', 'images/101.Brown/c.jpg'),
};

const names = cells(Array.from({ length: 196 }, (_, at) => text(`Car ${at + 1}`)));
const annotations = struct(
  ['relative_im_path', 'bbox_x1', 'class', 'test'],
  [
    [text('car_ims/000001.jpg'), numbers(12), numbers(98), numbers(0)],
    [text('car_ims/000002.jpg'), numbers(300.5), numbers(99), numbers(1)],
    [text('car_ims/000003.jpg'), numbers(7), numbers(99), numbers(0)],
  ],
);
const cars = (compressed: boolean) => ({
  'cars_annos.mat': matFile({ annotations, class_names: names }, compressed),
  ...pictures('car_ims/000001.jpg', 'car_ims/000002.jpg', 'car_ims/000003.jpg'),
});

const heading = 'image_id class_id super_class_id path\n';
const sop = {
  'Ebay_train.txt': `${heading}1 1 1 bicycle_final/1_0.JPG\n2 1 1 bicycle_final/1_1.JPG\n`,
  'Ebay_test.txt': `${heading}3 2 4 chair_final/2_0.JPG\n`,
  ...pictures('bicycle_final/1_0.JPG', 'bicycle_final/1_1.JPG', 'chair_final/2_0.JPG'),
};

const partition = `4
image_name                                   item_id  evaluation_status
img/WOMEN/Tees/id_1/01_1_front.jpg           id_1     train
img/WOMEN/Tees/id_2/01_1_front.jpg           id_2     query
img/WOMEN/Tees/id_2/01_2_side.jpg            id_2     gallery
img/WOMEN/Tees/id_2/01_3_back.jpg            id_2     gallery
`;
const inShop = pictures(
  'img/WOMEN/Tees/id_1/01_1_front.jpg',
  'img/WOMEN/Tees/id_2/01_1_front.jpg',
  'img/WOMEN/Tees/id_2/01_2_side.jpg',
  'img/WOMEN/Tees/id_2/01_3_back.jpg',
);

const read = async (root: string) => {
  const dataset = await readBenchmark(root, small);
  assert.ok(dataset);
  return dataset.samples.map(({ id, label, split }) => [id, label, split]);
};

test('CUB-200-2011: the first hundred classes are trained on', async () => {
  assert.deepEqual(await read(write('cub', cub)), [
    ['images/001.Albatross/a.jpg', '001.Albatross', 'train'],
    ['images/100.Pelican/b.jpg', '100.Pelican', 'train'],
    ['images/101.Brown/c.jpg', '101.Brown', 'test'],
  ]);
});

for (const compressed of [false, true]) {
  test(`Cars-196: classes from its MAT-file, ${compressed ? 'compressed' : 'plain'}`, async () => {
    assert.deepEqual(await read(write(`cars-${compressed}`, cars(compressed))), [
      ['car_ims/000001.jpg', 'Car 98', 'train'],
      ['car_ims/000002.jpg', 'Car 99', 'test'],
      ['car_ims/000003.jpg', 'Car 99', 'test'],
    ]);
  });
}

test('Stanford Online Products: its two lists, with the super class', async () => {
  const root = write('sop', sop);
  assert.deepEqual(await read(root), [
    ['bicycle_final/1_0.JPG', '1', 'train'],
    ['bicycle_final/1_1.JPG', '1', 'train'],
    ['chair_final/2_0.JPG', '2', 'test'],
  ]);
  const dataset = await readBenchmark(root, small);
  assert.deepEqual(dataset?.samples[2]?.metadata, { superClass: 4 });
  assert.equal(dataset?.benchmark, 'sop');
});

for (const place of ['', 'Eval/', 'Anno/']) {
  test(`In-Shop: train, query and gallery, listed in ${place || 'the folder itself'}`, async () => {
    const root = write(`in-shop-${place}`, { [`${place}list_eval_partition.txt`]: partition, ...inShop });
    assert.deepEqual(
      (await read(root)).map(([, label, split]) => [label, split]),
      [
        ['id_1', 'train'],
        ['id_2', 'query'],
        ['id_2', 'gallery'],
        ['id_2', 'gallery'],
      ],
    );
  });
}

test('a copy that lacks pictures is named file by file, the first ten, then a count', async () => {
  const lines = Array.from({ length: 14 }, (_, at) => `${at} 1 1 missing/${at}.JPG`);
  const root = write('lacking', { ...sop, 'Ebay_train.txt': `${heading}${lines.join('\n')}\n` });
  const counts = { ...small, sop: [{ split: 'train' as const, images: 14 }] };
  await assert.rejects(
    readBenchmark(root, counts),
    /14 of 15 pictures are not there: missing\/0\.JPG; .*; and 4 more/,
  );
});

test('a small copy is refused by the published counts, through readSource', async () => {
  const root = write('cub-again', cub);
  await assert.rejects(
    readSource(root),
    /has 2 pictures of 2 labels for train; a complete copy has 5864 pictures of 100/,
  );
  assert.equal(published.sop[0]?.images, 59_551);
});

const wrong: Readonly<Record<string, readonly [files: Readonly<Record<string, string>>, says: RegExp]>> = {
  'a path out of the folder': [
    { ...sop, 'Ebay_test.txt': `${heading}3 2 4 ../../etc/passwd\n` },
    /"\." or "\.\."/,
  ],
  'an absolute path': [
    { ...sop, 'Ebay_test.txt': `${heading}3 2 4 /etc/passwd\n` },
    /begins or ends with "\/"/,
  ],
  'a line of other words': [
    { ...sop, 'Ebay_test.txt': `${heading}3 2\n` },
    /line 2 must be one of at most 1000000 lines of 4 words, not of 2/,
  ],
  'a picture twice': [{ ...sop, 'Ebay_test.txt': `${heading}3 2 4 bicycle_final/1_0.JPG\n` }, /listed twice/],
  'a status that is none': [
    { 'list_eval_partition.txt': partition.replace('query', 'quarry') },
    /line 4: .* must be one of train, query, gallery/,
  ],
  'an image without a class': [{ ...cub, 'image_class_labels.txt': '1 1\n' }, /no class for image 2/],
};

for (const [what, [files, says]] of Object.entries(wrong)) {
  test(`refused: ${what}`, async () => {
    const root = write(`wrong-${what.replaceAll(' ', '-')}`, files);
    await assert.rejects(readBenchmark(root, small), says);
  });
}
