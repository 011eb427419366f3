// Writes the JSON Schemas of published formats beside the modules that define them, from their zod schemas: one source.
// The build calls it after the compiler. A new format is one more line of the table.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';

const root = join(import.meta.dirname, '..', 'dist', 'src');
const formats = [
  {
    module: 'model/metadata-schema.js',
    schema: 'metadataSchema',
    file: 'model/metadata.schema.json',
  },
  {
    module: 'eval/report/evaluation-schema.js',
    schema: 'evaluationSchema',
    file: 'eval/report/evaluation.schema.json',
  },
  {
    module: 'information/information-schema.js',
    schema: 'informationSchema',
    file: 'information/information.schema.json',
  },
  { module: 'bakeoff/formats.js', schema: 'planSchema', file: 'bakeoff/plan.schema.json' },
  { module: 'bakeoff/formats.js', schema: 'resultSchema', file: 'bakeoff/result.schema.json' },
  {
    module: 'report/bakeoff/bakeoff-report.js',
    schema: 'bakeoffReportSchema',
    file: 'report/bakeoff/bakeoff-report.schema.json',
  },
  { module: 'sizing/plan-schema.js', schema: 'planSchema', file: 'sizing/plan.schema.json' },
  // As people write it: what has a default may be left out.
  {
    module: 'train/recipe/recipe-schema.js',
    schema: 'recipeSchema',
    file: 'train/recipe/recipe.schema.json',
    io: 'input',
  },
];

for (const { module, schema, file, io } of formats) {
  const { [schema]: format } = await import(pathToFileURL(join(root, module)).href);
  // What JSON Schema cannot say (`custom`) says it in its metadata.
  const json = z.toJSONSchema(format, { target: 'draft-2020-12', unrepresentable: 'any', io });
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), `${JSON.stringify(json, null, 2)}\n`);
}
