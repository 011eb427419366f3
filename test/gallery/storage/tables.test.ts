import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '../../../src/files/index.ts';
import {
  createStatements,
  createVectorTableStatement,
  documentsStatement,
  generationOf,
  schemaProblem,
  vectorTableName,
} from '../../../src/gallery/storage/tables.ts';

test('a generation names a table only when it is a whole number from 1', () => {
  assert.equal(vectorTableName(12), 'vectors_12');
  for (const wrong of [0, -1, 1.5, Number.NaN, 2 ** 53, '1 --/..', '1; DROP TABLE items', null, undefined])
    assert.throws(() => vectorTableName(wrong as number), RangeError, String(wrong));
});

test('a name of a table of vectors is read back, and no other', () => {
  assert.equal(generationOf('vectors_12'), 12);
  for (const name of ['vectors_', 'vectors_01', 'vectors_1.5', 'vectors_-1', 'vectors_1x', 'xvectors_1'])
    assert.equal(generationOf(name), undefined, name);
});

test('tables are compared to the letter', () => {
  const row = (type: string, name: string, sql: string | null, tbl_name = name) => ({
    type,
    name,
    tbl_name,
    sql,
  });
  const [state = '', items = '', index = '', images = '', thumbnails = '', fields = '', quarantine = ''] =
    createStatements();
  const good = [
    row('table', 'state', state),
    row('table', 'items', items),
    row('index', 'sqlite_autoindex_items_1', null, 'items'),
    row('index', 'items_by_product', index, 'items'),
    row('table', 'images', images),
    row('index', 'sqlite_autoindex_images_1', null, 'images'),
    row('table', 'thumbnails', thumbnails),
    row('table', 'fields', fields),
    row('index', 'sqlite_autoindex_fields_1', null, 'fields'),
    row('table', 'quarantine', quarantine),
    row('table', 'vectors_3', createVectorTableStatement(3)),
  ];
  assert.equal(schemaProblem(good), undefined);
  const documents = row('table', 'documents', documentsStatement);
  const unique = row('index', 'sqlite_autoindex_documents_1', null, 'documents');
  assert.equal(schemaProblem([...good, documents, unique]), undefined);
  assert.match(schemaProblem([...good, documents]) ?? '', /lacks the table sqlite_autoindex_documents_1/);
  assert.match(schemaProblem([...good, documents, unique], 3) ?? '', /of its own/);
  assert.match(schemaProblem(good.slice(1)) ?? '', /lacks the table state/);
  assert.match(schemaProblem([...good, row('table', 'images', images)]) ?? '', /of its own/);
  for (const [i, part] of good.entries()) {
    const changed = good.toSpliced(i, 1, { ...part, sql: `${part.sql} ` });
    assert.match(schemaProblem(changed) ?? '', /of its own/, part.name);
  }
  assert.match(schemaProblem(good.toSpliced(0, 1, row('view', 'state', state))) ?? '', /of its own/);
});

test('the texts of a released format never change', () => {
  const digestOf = (version: number): string =>
    sha256([...createStatements(version), createVectorTableStatement(1, version)].join('\n'));
  assert.equal(digestOf(1), '983560f68b5a89ea6b1c691267a599bf294c93786c8bffedbd856fd7939b3237');
  assert.equal(digestOf(2), '0eeab45784beffb5d55d290d69cfe23d22ec7b60a0eed0b97f52c047cd826bd9');
  assert.equal(digestOf(3), '44b4a622c621b7a76f13a071c46afa3d6534d1dce0484b28cfdffd77a17cbe36');
  assert.equal(digestOf(4), '84e53c8872e74da6a1a940e03f497715446c927e171e7afd0958bbcc42b37219');
  assert.throws(() => createStatements(5), RangeError);
});
