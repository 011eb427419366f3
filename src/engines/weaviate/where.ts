import type { FilterValue } from 'weaviate-client';
import { type Bound, type CompiledFilter, type Condition, invalid, type Test } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { shown } from '../../json/index.ts';
import { boundedKeyOf, keyOf, orderedBytes } from './names.ts';
import { existsTerm, longNumberTerm, orderedProperty, textTerm, valueTerm } from './terms.ts';

type Operator = FilterValue['operator'];

/** Makes a condition on one property. */
export const where = (property: string, operator: Operator, value: unknown): FilterValue =>
  ({ target: { property }, operator, value }) as FilterValue;

/** Lets every item through. */
export const everything: FilterValue = where('terms', 'ContainsAny', [existsTerm('id')]);
const nothing = where('terms', 'ContainsAny', ['']);

/** Joins conditions; undefined for none. */
export function allOf(parts: readonly (FilterValue | undefined)[]): FilterValue | undefined {
  const given = parts.filter((part) => part !== undefined);
  return given.length > 1 ? ({ operator: 'And', filters: given, value: null } as FilterValue) : given[0];
}

/** Turns a condition into its complement. */
export const notOf = (filter: FilterValue): FilterValue =>
  ({ operator: 'Not', filters: [filter], value: null }) as FilterValue;

/** True if items of a class can have that property: without it none has a value there. */
export type HasProperty = (name: string) => boolean;

/**
 * Says a filter as Weaviate does; undefined if it lets everything through.
 * @throws SnapshelfError `engine-cannot` for texts that are too long to be ordered.
 */
export function filterOf({ condition }: CompiledFilter, has: HasProperty): FilterValue | undefined {
  const said = sayCondition(condition, has);
  return said === true ? undefined : said === false ? nothing : said;
}

/** Conditions of long whole numbers, which have no order as texts, by the fields that are ordered. */
export const longNumbersOf = ({ ordered }: CompiledFilter): { field: string; filter: FilterValue }[] =>
  [...ordered].map((field) => ({ field, filter: where('terms', 'ContainsAny', [longNumberTerm(field)]) }));

/** Makes the error of a field that has such numbers. */
export const longNumbersError = (field: string): SnapshelfError =>
  invalid(
    `The field ${shown(field)} cannot be compared by gte, gt, lte or lt: it holds whole numbers of more than 15 digits, which are kept as texts and not ordered as numbers. Use "equals" or "in".`,
  );

/** A condition, or what it says of every item. */
type Said = FilterValue | boolean;

function sayCondition(condition: Condition, has: HasProperty): Said {
  if ('not' in condition) {
    const inner = sayCondition(condition.not, has);
    return typeof inner === 'boolean' ? !inner : notOf(inner);
  }
  if ('field' in condition) return sayTest(condition.field, condition.test, has);
  if ('all' in condition)
    return join(
      'And',
      condition.all.map((part) => sayCondition(part, has)),
    );
  return join(
    'Or',
    condition.any.map((part) => sayCondition(part, has)),
  );
}

function join(operator: 'And' | 'Or', parts: readonly Said[]): Said {
  const decisive = operator === 'Or';
  if (parts.includes(decisive)) return decisive;
  const filters = parts.filter((part) => typeof part !== 'boolean');
  const [first, ...others] = filters;
  if (first === undefined) return !decisive;
  return others.length === 0 ? first : ({ operator, filters, value: null } as FilterValue);
}

function sayTest(field: string, test: Test, has: HasProperty): Said {
  if ('exists' in test) {
    const exists = where('terms', 'ContainsAny', [existsTerm(field)]);
    return test.exists ? exists : notOf(exists);
  }
  if ('values' in test) {
    if (test.values.length === 0) return false;
    return where(
      'terms',
      'ContainsAny',
      test.values.map((value) => valueTerm(field, value === 0 ? 0 : value)),
    );
  }
  if ('prefixes' in test)
    return join(
      'Or',
      test.prefixes.map((prefix) =>
        where('texts', 'Like', `${textTerm(field)}${orderedKey(field, prefix)}*`),
      ),
    );
  return join(
    'And',
    test.range.map(([bound, value]) => sayBound(field, bound, value, has)),
  );
}

const operators = {
  gte: 'GreaterThanEqual',
  gt: 'GreaterThan',
  lte: 'LessThanEqual',
  lt: 'LessThan',
} as const satisfies Record<Bound, Operator>;

function sayBound(field: string, bound: Bound, value: number | string, has: HasProperty): Said {
  const property = orderedProperty(typeof value === 'number' ? 'number' : 'string', field);
  if (!has(property)) return false;
  return where(property, operators[bound], typeof value === 'number' ? value : orderedKey(field, value));
}

function orderedKey(field: string, text: string): string {
  if (Buffer.byteLength(text) <= orderedBytes) return keyOf(text);
  throw new SnapshelfError(
    'engine-cannot',
    `The engine weaviate compares the beginning and the order of texts of at most ${orderedBytes} bytes, unlike the ${boundedKeyOf(text).length} digits for the field ${shown(field)}. Give a shorter text.`,
    { details: { engine: 'weaviate', capability: 'orderOfLongTexts' } },
  );
}
