import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { evaluate, parseEvaluation } from '../../../src/eval/index.ts';
import { fixture } from '../../support/repository.ts';
import { drawnVectors } from '../support/drawn.ts';
import { withValue, wrongValues } from '../support/wrong-reports.ts';

const validator = (path: string) =>
  new Ajv2020({ allErrors: true }).compile(JSON.parse(readFileSync(path, 'utf8')) as object);
/** The schema that the build makes, found as a user of the package finds it. */
const published = validator(fileURLToPath(import.meta.resolve('snapshelf/evaluation.schema.json')));
/** The schema as it was written by hand for the same version of the format. */
const earlier = validator(fixture('eval', 'reports', 'evaluation-1.schema.json'));

const subject = { protocol: 'self', queries: ['drawn'], gallery: null, model: null } as const;

test('reports follow the published schema, and the one of earlier releases', async () => {
  const queries = drawnVectors(60, 6, { seed: 10 });
  const hashes = queries.ids.map((_, row) => `hash ${Math.floor(row / 2)}`);
  const reports = [
    await evaluate({ queries, subject }, { ks: [1, 5], index: true }),
    await evaluate(
      { queries: { ...queries, hashes }, subject: { ...subject, protocol: 'cub' } },
      { ks: [1], convention: 'paper' },
    ),
  ];
  for (const report of reports) {
    assert.ok(published(JSON.parse(JSON.stringify(report))), JSON.stringify(published.errors));
    // Fields that came later are optional; all others are as they were.
    const later = new Set(['ksLeftOut', 'labelConflicts', 'confusions']);
    const known = JSON.stringify(report, (key, value) => (later.has(key) ? undefined : value));
    assert.ok(earlier(JSON.parse(known)), JSON.stringify(earlier.errors));
  }
});

for (const name of ['self.json', 'query-gallery.json'])
  test(`a report of an earlier release is read and follows both schemas: ${name}`, () => {
    const text = readFileSync(fixture('eval', 'reports', name), 'utf8');
    const report: unknown = JSON.parse(text);
    assert.deepEqual(parseEvaluation(text, name), report);
    for (const validate of [published, earlier]) assert.ok(validate(report), JSON.stringify(validate.errors));
  });

/** Rules that JSON Schema cannot express. */
const beyondSchema = ['queries.labels', 'results.0.perQuery.firstRelevant', 'results.0.perQuery.figures.mrr'];

test('a report with a wrong value, a missing field or an unknown one does not follow the published schema', () => {
  const report = JSON.parse(readFileSync(fixture('eval', 'reports', 'self.json'), 'utf8')) as object;
  for (const [place, value] of wrongValues)
    if (!beyondSchema.includes(place))
      assert.equal(published(withValue(report, place.split('.'), value)), false, place);
  for (const key of Object.keys(report))
    assert.equal(
      published(Object.fromEntries(Object.entries(report).filter(([own]) => own !== key))),
      false,
      key,
    );
  assert.equal(published({ ...report, another: 1 }), false);
});

test('the schema describes itself, and names what is used more than once', () => {
  const path = fileURLToPath(import.meta.resolve('snapshelf/evaluation.schema.json'));
  const schema = JSON.parse(readFileSync(path, 'utf8'));
  assert.equal(schema.$id, 'urn:snapshelf:schema:evaluation:1');
  assert.match(schema.properties.lone.description, /without a relevant item/);
  assert.deepEqual(schema.properties.results.items, { $ref: '#/$defs/result' });
  assert.deepEqual(Object.keys(schema.$defs).sort(), [
    'counts',
    'figures',
    'metric',
    'numbers',
    'result',
    'share',
    'shares',
    'texts',
  ]);
});
