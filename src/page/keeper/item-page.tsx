import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Item, Json } from 'snapshelf/client';
import { asking, client } from '../api/client.ts';
import { english } from '../english.ts';
import { messageOf, when } from '../parts/format.ts';
import { useLoad } from '../parts/load.ts';
import { Loading, Problem } from '../parts/notice.tsx';
import { nameOf, Picture } from '../parts/picture.tsx';
import { goTo, linkTo } from '../route.ts';
import { Confirm } from './confirm.tsx';
import { NearItems } from './near-items.tsx';
import { patchOf } from './patch.ts';

const words = english.item;
const splits = ['train', 'query', 'gallery', 'test'] as const;

/** Reads the metadata of the form. @throws TypeError if they are no JSON object. */
function metadataOf(text: string): Readonly<Record<string, Json>> {
  const value = JSON.parse(text.trim() === '' ? '{}' : text) as Json;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(words.noObject);
  return value as Readonly<Record<string, Json>>;
}

/** An item with its tag, which says whether it has changed since it was read. */
interface Read {
  readonly item: Item;
  readonly tag: string | undefined;
}

async function readItem(collection: string, id: string, signal: AbortSignal): Promise<Read> {
  let tag: string | undefined;
  const onResponse = ({ headers }: Pick<Response, 'headers'>): void => {
    tag = headers.get('ETag') ?? undefined;
  };
  return { item: await client.getItem(collection, id, { signal, onResponse }), tag };
}

async function save(collection: string, { item, tag }: Read, form: HTMLFormElement): Promise<void> {
  const data = new FormData(form);
  const orNull = (name: string): string | null => String(data.get(name) ?? '').trim() || null;
  const picture = data.get('picture');
  const metadata = metadataOf(String(data.get('metadata') ?? ''));
  const fields = {
    label: orNull('label'),
    productId: orNull('productId'),
    split: splits.find((one) => one === orNull('split')) ?? null,
  };
  const options = { ifMatch: tag };
  if (picture instanceof File && picture.size > 0) {
    const whole = {
      image: picture,
      label: fields.label ?? undefined,
      productId: fields.productId ?? undefined,
      split: fields.split ?? undefined,
      metadata,
    };
    await asking(client.putItem(collection, item.id, whole, options));
  } else {
    const changes = { ...fields, metadata: patchOf(item.metadata, metadata) };
    await asking(client.updateItem(collection, item.id, changes, options));
  }
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
          <option value="">{words.noSplit}</option>
          {splits.map((split) => (
            <option key={split} value={split} selected={split === item.split}>
              {split}
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
  read,
  onSaved,
}: {
  collection: string;
  read: Read;
  onSaved: () => void;
}): JSX.Element {
  const { item } = read;
  const [told, setTold] = useState<{ readonly text: string; readonly isBad: boolean }>();
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    save(collection, read, event.currentTarget as HTMLFormElement).then(
      () => {
        setTold({ text: words.saved, isBad: false });
        onSaved();
      },
      (error: unknown) => {
        const message = error instanceof SyntaxError ? words.noJson(error.message) : messageOf(error);
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
            await asking(client.deleteItem(collection, item.id));
            goTo(linkTo(['c', collection, 'items']));
          }}
        />
      </div>
    </form>
  );
}

/** Shows an item, and changes it. */
export function ItemPage({ collection, id }: { collection: string; id: string }): JSX.Element {
  const {
    value: read,
    error,
    again,
  } = useLoad((signal) => readItem(collection, id, signal), [collection, id]);
  if (error !== undefined) return <Problem error={error} onRetry={again} />;
  if (read === undefined) return <Loading />;
  const { item } = read;
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
        <Edit key={item.sequence} collection={collection} read={read} onSaved={again} />
      </div>
      <NearItems collection={collection} id={id} />
    </div>
  );
}
