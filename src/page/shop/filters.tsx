import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Collection, Item } from 'snapshelf/client';
import { english } from '../english.ts';
import { DraftInput } from '../parts/draft-input.tsx';
import { type Condition, clearConditions, conditions, setCondition } from './query.ts';
import { hits, views } from './search.ts';

const { filters } = english;

type FieldType = Collection['fields'][string];

/** Most values of a field that are offered to choose from. */
const mostOffered = 60;

interface FieldProps {
  readonly field: string;
  readonly name: string;
  readonly condition: Condition;
  /** Values to offer: those of the items that are or were shown. Counts have their place beside them. */
  readonly offered: readonly string[];
}

/** A number that was typed; undefined for nothing. */
const numberOf = (text: string): number | undefined =>
  text.trim() === '' || !Number.isFinite(Number(text)) ? undefined : Number(text);

function NumberField({ field, name, condition }: FieldProps): JSX.Element {
  const set = (bound: 'from' | 'to', text: string): void => {
    const { [bound]: _, ...other } = condition;
    const value = numberOf(text);
    const next = value === undefined ? other : { ...other, [bound]: value };
    setCondition(field, Object.keys(next).length === 0 ? undefined : next);
  };
  const bounds = [
    ['from', filters.from(name), filters.fromShort],
    ['to', filters.to(name), filters.toShort],
  ] as const;
  return (
    <fieldset>
      <legend>{name}</legend>
      <div class="pair">
        {bounds.map(([bound, label, short]) => (
          <DraftInput
            key={bound}
            type="number"
            step="any"
            inputMode="decimal"
            aria-label={label}
            placeholder={short}
            value={String(condition[bound] ?? '')}
            onCommit={(text) => set(bound, text)}
          />
        ))}
      </div>
    </fieldset>
  );
}

function TextField({ field, name, condition, offered }: FieldProps): JSX.Element {
  const list = `offered-${field}`;
  return (
    <label class="field">
      <span>{name}</span>
      <DraftInput
        type="search"
        list={list}
        autoComplete="off"
        placeholder={filters.any}
        value={typeof condition.is === 'string' ? condition.is : ''}
        onCommit={(text) => {
          const is = text.trim();
          setCondition(field, is === '' ? undefined : { is });
        }}
      />
      <datalist id={list}>
        {offered.map((value) => (
          <option key={value} value={value} />
        ))}
      </datalist>
    </label>
  );
}

const BooleanField = ({ field, name, condition }: FieldProps): JSX.Element => (
  <label class="field">
    <span>{name}</span>
    <select
      value={condition.is === undefined ? '' : String(condition.is)}
      onChange={({ currentTarget: { value } }) =>
        setCondition(field, value === '' ? undefined : { is: value === 'true' })
      }
    >
      <option value="">{filters.any}</option>
      <option value="true">{filters.yes}</option>
      <option value="false">{filters.no}</option>
    </select>
  </label>
);

const fieldsOf: Readonly<Record<FieldType, (props: FieldProps) => JSX.Element>> = {
  text: TextField,
  list: TextField,
  number: NumberField,
  boolean: BooleanField,
};

/** Values that were seen of each field, which grow as one searches. */
const seen = new Map<string, Set<string>>();

function note(collection: string, item: Item): void {
  const add = (field: string, value: unknown): void => {
    if (typeof value !== 'string') return;
    const name = `${collection} ${field}`;
    const values = seen.get(name) ?? new Set();
    if (values.size < mostOffered && value.length <= 80) seen.set(name, values.add(value));
  };
  add('label', item.label);
  for (const [field, value] of Object.entries(item.metadata))
    for (const one of Array.isArray(value) ? value : [value]) add(`metadata.${field}`, one);
}

/** The filters of a collection: its label, and each field that its metadata have. */
export function Filters({ collection }: { collection: Pick<Collection, 'name' | 'fields'> }): JSX.Element {
  const { name: of, fields } = collection;
  useMemo(() => {
    for (const { item } of hits.value) note(of, item);
    for (const items of views.value.values()) for (const item of items) note(of, item);
  }, [hits.value, views.value, of]);
  const active = Object.keys(conditions.value).length;
  const listed: readonly (readonly [string, string, FieldType])[] = [
    ['label', filters.label, 'text'],
    ...Object.entries(fields).map(([name, type]) => [`metadata.${name}`, name, type] as const),
  ];
  return (
    <details class="box" open={matchMedia('(min-width: 60rem)').matches}>
      <summary>
        {filters.title}
        {active > 0 && <span class="muted">{filters.active(active)}</span>}
      </summary>
      <div class="filters">
        {listed.map(([field, name, type]) => {
          const Field = fieldsOf[type];
          const offered = [...(seen.get(`${of} ${field}`) ?? [])].sort();
          return (
            <Field
              key={field}
              field={field}
              name={name}
              condition={conditions.value[field] ?? {}}
              offered={offered}
            />
          );
        })}
        {active > 0 && (
          <button type="button" class="button small" onClick={clearConditions}>
            {filters.clear}
          </button>
        )}
      </div>
    </details>
  );
}
