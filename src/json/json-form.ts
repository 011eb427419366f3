import { z } from 'zod';

/** A JSON Schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

type Form = (schemaOf: (schema: z.ZodType) => JsonSchema) => JsonSchema;
/** A schema as zod makes it: a copy with a description or a check has the one before as its parent. */
type Schema = z.core.$ZodType;

const forms = new WeakMap<Schema, Form>();

const formOf = (schema: Schema | undefined): Form | undefined =>
  schema && (forms.get(schema) ?? formOf(schema._zod.parent));

/**
 * Says what a schema of our own takes, which zod cannot tell from its code. Returns the schema.
 *
 * @param form - Makes its JSON Schema; it gets a function that makes those of its parts.
 */
export function takes<T extends Schema>(schema: T, form: Form): T {
  forms.set(schema, form);
  return schema;
}

/** Makes the JSON Schema of what a schema takes (`input`) or returns (`output`), with `$defs` for those that have an id. */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    // What JSON Schema cannot say says it in its metadata, or by `takes`.
    unrepresentable: 'any',
    io,
    override({ zodSchema, jsonSchema }) {
      const form = formOf(zodSchema as unknown as Schema);
      if (form !== undefined)
        Object.assign(
          jsonSchema,
          form((part) => jsonSchemaOf(part, io)),
        );
      // It means something else there: that requests leave it out.
      delete jsonSchema.readOnly;
      delete jsonSchema.default;
    },
  });
  return json;
}
