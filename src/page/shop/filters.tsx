import type { JSX } from 'preact';
import type { Collection } from 'snapshelf/client';
import { english } from '../english.ts';
import { DraftInput } from '../parts/draft-input.tsx';
import { type Facets, useFacets } from './facets.ts';
import { type Condition, clearConditions, conditions, setCondition } from './query.ts';

const { filters } = english;

type FieldType = Collection['fields'][string];

interface FieldProps {
  readonly field: string;
  readonly name: string;
  readonly condition: Condition;
  /** The values of the items that pass the other conditions, with their counts; undefined until they are known. */
  readonly facet: Facets[string] | undefined;
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

/** Chooses one of the few values that a field has. */
function ChoiceField({ field, name, condition, facet }: FieldProps): JSX.Element {
  const values = facet?.values ?? [];
  const chosen = typeof condition.is === 'string' ? condition.is : '';
  const isKnown = chosen === '' || values.some(({ value }) => value === chosen);
  return (
    <label class="field">
      <span>{name}</span>
      <select
        value={chosen}
        onChange={({ currentTarget: { value: is } }) => setCondition(field, is === '' ? undefined : { is })}
      >
        <option value="">{filters.any}</option>
        {!isKnown && <option value={chosen}>{filters.counted(chosen, 0)}</option>}
        {values.map(({ value, count }) => (
          <option key={value} value={String(value)}>
            {filters.counted(String(value), count)}
          </option>
        ))}
      </select>
    </label>
  );
}

function TextField(props: FieldProps): JSX.Element {
  const { field, name, condition, facet } = props;
  if (facet?.others === 0 && facet.values.length > 0) return <ChoiceField {...props} />;
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
        {(facet?.values ?? []).map(({ value, count }) => (
          <option key={value} value={String(value)} label={filters.counted(String(value), count)} />
        ))}
      </datalist>
    </label>
  );
}

const countOf = (facet: FieldProps['facet'], wanted: boolean): number | undefined =>
  facet && (facet.values.find(({ value }) => value === wanted)?.count ?? 0);

const BooleanField = ({ field, name, condition, facet }: FieldProps): JSX.Element => (
  <label class="field">
    <span>{name}</span>
    <select
      value={condition.is === undefined ? '' : String(condition.is)}
      onChange={({ currentTarget: { value } }) =>
        setCondition(field, value === '' ? undefined : { is: value === 'true' })
      }
    >
      <option value="">{filters.any}</option>
      <option value="true">{filters.counted(filters.yes, countOf(facet, true))}</option>
      <option value="false">{filters.counted(filters.no, countOf(facet, false))}</option>
    </select>
  </label>
);

const fieldsOf: Readonly<Record<FieldType, (props: FieldProps) => JSX.Element>> = {
  text: TextField,
  list: TextField,
  number: NumberField,
  boolean: BooleanField,
};

/** The filters of a collection: its label, and each field that its metadata have. */
export function Filters({ collection }: { collection: Pick<Collection, 'name' | 'fields'> }): JSX.Element {
  const { name: of, fields } = collection;
  const active = Object.keys(conditions.value).length;
  const listed: readonly (readonly [string, string, FieldType])[] = [
    ['label', filters.label, 'text'],
    ...Object.entries(fields).map(([name, type]) => [`metadata.${name}`, name, type] as const),
  ];
  const facets = useFacets(
    of,
    listed.filter(([, , type]) => type !== 'number').map(([field]) => field),
  );
  return (
    <details class="box" open={matchMedia('(min-width: 60rem)').matches}>
      <summary>
        {filters.title}
        {active > 0 && <span class="muted">{filters.active(active)}</span>}
      </summary>
      <div class="filters">
        {listed.map(([field, name, type]) => {
          const Field = fieldsOf[type];
          return (
            <Field
              key={field}
              field={field}
              name={name}
              condition={conditions.value[field] ?? {}}
              facet={facets[field]}
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
