import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Item, Json } from '../api/api-types.ts';
import { getItem, itemPath, remove } from '../api/calls.ts';
import { ask } from '../api/request.ts';
import { english } from '../english.ts';
import { when } from '../parts/format.ts';
import { useLoad } from '../parts/load.ts';
import { Loading, Problem } from '../parts/notice.tsx';
import { nameOf, Picture } from '../parts/picture.tsx';
import { goTo, linkTo } from '../route.ts';
import { Confirm } from './confirm.tsx';
import { NearItems } from './near-items.tsx';
import { patchOf } from './patch.ts';

const words = english.item;
const splits = ['', 'train', 'query', 'gallery', 'test'] as const;

/** Reads the metadata of the form. @throws TypeError if they are no JSON object. */
function metadataOf(text: string): Readonly<Record<string, Json>> {
  const value = JSON.parse(text.trim() === '' ? '{}' : text) as Json;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(words.noObject);
  return value as Readonly<Record<string, Json>>;
}

async function save(collection: string, item: Item, form: HTMLFormElement): Promise<void> {
  const data = new FormData(form);
  const orNull = (name: string): string | null => String(data.get(name) ?? '').trim() || null;
  const picture = data.get('picture');
  const metadata = metadataOf(String(data.get('metadata') ?? ''));
  const fields = { label: orNull('label'), productId: orNull('productId'), split: orNull('split') };
  const path = itemPath(collection, item.id);
  if (picture instanceof File && picture.size > 0) {
    const put = new FormData();
    put.set('image', picture);
    for (const [name, value] of Object.entries(fields)) if (value !== null) put.set(name, value);
    put.set('metadata', JSON.stringify(metadata));
    await ask(path, { method: 'PUT', form: put });
  } else
    await ask(path, { method: 'PATCH', json: { ...fields, metadata: patchOf(item.metadata, metadata) } });
}

function Fields({ item }: { item: Item }): JSX.Element {
  return (
    <>
      {(['label', 'productId'] as const).map((name) => (
        <label key={name} class="field">
          <span>{english.items.fields[name]}</span>
          <input type="text" name={name} maxLength={512} defaultValue={item[name] ?? ''} />
        </label>
      ))}
      <label class="field">
        <span>{words.split}</span>
        <select name="split">
          {splits.map((split) => (
            <option key={split} value={split} selected={split === (item.split ?? '')}>
              {split === '' ? words.noSplit : split}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>{words.metadata}</span>
        <textarea name="metadata" spellcheck={false} defaultValue={JSON.stringify(item.metadata, null, 2)} />
      </label>
      <label class="field">
        <span>{words.picture}</span>
        <input type="file" name="picture" accept="image/*" />
      </label>
    </>
  );
}

function Edit({
  collection,
  item,
  onSaved,
}: {
  collection: string;
  item: Item;
  onSaved: () => void;
}): JSX.Element {
  const [told, setTold] = useState<{ readonly text: string; readonly isBad: boolean }>();
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    save(collection, item, event.currentTarget as HTMLFormElement).then(
      () => {
        setTold({ text: words.saved, isBad: false });
        onSaved();
      },
      (error: unknown) => {
        const message = error instanceof SyntaxError ? words.noJson(error.message) : (error as Error).message;
        setTold({ text: message, isBad: true });
      },
    );
  };
  return (
    <form class="stack" onSubmit={onSubmit} aria-label={words.edit}>
      <Fields item={item} />
      {told !== undefined && <p role={told.isBad ? 'alert' : 'status'}>{told.text}</p>}
      <div class="row">
        <button type="submit" class="button main">
          {words.save}
        </button>
        <Confirm
          label={words.remove}
          title={words.removeTitle(item.id)}
          text={words.removeText}
          onConfirm={async () => {
            await remove(itemPath(collection, item.id));
            goTo(linkTo(['c', collection, 'items']));
          }}
        />
      </div>
    </form>
  );
}

/** Shows an item, and changes it. */
export function ItemPage({ collection, id }: { collection: string; id: string }): JSX.Element {
  const { value: item, error, again } = useLoad(() => getItem(collection, id), [collection, id]);
  if (error !== undefined) return <Problem error={error} onRetry={again} />;
  if (item === undefined) return <Loading />;
  const search = linkTo(['c', collection], new URLSearchParams({ item: id }));
  return (
    <div class="stack">
      <h1>{nameOf(item)}</h1>
      <p class="muted">{words.facts(item.id, when(item.updatedAt))}</p>
      <div class="look">
        <div class="stack">
          <Picture class="large" collection={collection} item={item} alt={nameOf(item)} isLarge />
          <a class="button" href={search}>
            {english.results.moreLike}
          </a>
        </div>
        <Edit key={item.sequence} collection={collection} item={item} onSaved={again} />
      </div>
      <NearItems collection={collection} id={id} />
    </div>
  );
}
