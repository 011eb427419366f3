import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ListedCollection, Model } from 'snapshelf/client';
import { asking, client } from '../api/client.ts';
import { collections, collectionsProblem, readCollections } from '../collections.ts';
import { english } from '../english.ts';
import { messageOf } from '../parts/format.ts';
import { useLoad } from '../parts/load.ts';
import { Loading, Problem } from '../parts/notice.tsx';
import { goTo, linkTo } from '../route.ts';

const words = english.collections;
const metrics = ['cosine', 'l2', 'weak', 'weak-metric'] as const;

function Row({ one }: { one: ListedCollection }): JSX.Element {
  if (one.status === 'damaged')
    return (
      <li class="box">
        <h2>{one.name}</h2>
        <p role="alert">{one.error.detail}</p>
      </li>
    );
  return (
    <li class="box">
      <h2>
        <a href={linkTo(['c', one.name])}>{one.name}</a>
      </h2>
      <p>{words.size(one.items, one.products)}</p>
      <p class="muted">{words.model(one.modelName, one.metric)}</p>
      <div class="row">
        <a class="button small" href={linkTo(['c', one.name, 'import'])}>
          {english.nav.import}
        </a>
        <a class="button small" href={linkTo(['c', one.name, 'settings'])}>
          {english.nav.settings}
        </a>
      </div>
    </li>
  );
}

/** Creates a collection from the fields of a form, and goes to its import. */
async function create(form: HTMLFormElement): Promise<void> {
  const data = new FormData(form);
  const name = String(data.get('name') ?? '');
  const model = String(data.get('model') ?? '');
  const settings = {
    metric: metrics.find((one) => one === data.get('metric')),
    storeImages: data.get('storeImages') === 'on',
    ...(model !== '' && { model }),
  };
  await asking(client.createCollection(name, settings));
  await readCollections();
  goTo(linkTo(['c', name, 'import']));
}

const Choices = ({ models }: { models: readonly Model[] }): JSX.Element => (
  <>
    <label class="field">
      <span>{words.modelField}</span>
      <select name="model">
        {models.map(({ id, name, default: isDefault }) => (
          <option key={id} value={id} selected={isDefault}>
            {isDefault ? words.default(name) : name}
          </option>
        ))}
      </select>
    </label>
    <label class="field">
      <span>{words.metric}</span>
      <select name="metric">
        {metrics.map((metric) => (
          <option key={metric} value={metric}>
            {words.metrics[metric]}
          </option>
        ))}
      </select>
    </label>
  </>
);

function Create(): JSX.Element {
  const { value } = useLoad((signal) => client.listModels({ signal }), []);
  const [error, setError] = useState<unknown>();
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    setError(undefined);
    create(event.currentTarget as HTMLFormElement).catch(setError);
  };
  return (
    <form class="box stack" aria-labelledby="create" onSubmit={onSubmit}>
      <h2 id="create">{words.create}</h2>
      <label class="field">
        <span>{words.name}</span>
        <input
          type="text"
          name="name"
          required
          maxLength={64}
          pattern="[a-z0-9][a-z0-9_\-]*"
          autoComplete="off"
        />
        <small class="muted">{words.nameHint}</small>
      </label>
      <Choices models={value?.models ?? []} />
      <label class="check">
        <input type="checkbox" name="storeImages" checked />
        {words.storeImages}
      </label>
      {error !== undefined && <p role="alert">{messageOf(error)}</p>}
      <div class="row">
        <button type="submit" class="button main">
          {words.createButton}
        </button>
      </div>
    </form>
  );
}

/** Lists the collections, and makes new ones. */
export function CollectionsPage(): JSX.Element {
  const error = collectionsProblem.value;
  return (
    <div class="stack">
      <h1>{english.nav.collections}</h1>
      {error !== undefined && <Problem error={error} onRetry={() => void readCollections()} />}
      {error === undefined && collections.value === undefined && <Loading />}
      <ul class="boxes">
        {(collections.value ?? []).map((one) => (
          <Row key={one.name} one={one} />
        ))}
      </ul>
      {error === undefined && <Create />}
    </div>
  );
}
