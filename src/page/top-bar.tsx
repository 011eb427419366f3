import type { JSX } from 'preact';
import { key, keyAsked } from './api/session.ts';
import { soundCollections } from './collections.ts';
import { english } from './english.ts';
import { Icon } from './parts/icon.tsx';
import { collectionName, goTo, linkTo, place } from './route.ts';
import { type Theme, theme } from './theme.ts';

const { nav } = english;
const mark = new URL('./shelf.svg', import.meta.url).href;

/** The pages of a collection, in the order of the bar. */
const pages = [
  ['', nav.search],
  ['items', nav.items],
  ['import', nav.import],
  ['duplicates', nav.duplicates],
  ['evaluations', nav.evaluations],
  ['settings', nav.settings],
] as const;

const Tab = ({ path, words }: { path: readonly string[]; words: string }): JSX.Element => {
  const here = place.value.path;
  const isHere = path.length < 3 ? here.join('/') === path.join('/') : here[2] === path[2];
  return (
    <a href={linkTo(path)} aria-current={isHere ? 'page' : undefined}>
      {words}
    </a>
  );
};

function CollectionChoice(): JSX.Element | null {
  const listed = soundCollections.value ?? [];
  const name = collectionName.value;
  if (name === undefined || listed.length === 0) return null;
  return (
    <select
      class="choice"
      aria-label={english.collection}
      value={name}
      onChange={({ currentTarget }) => {
        const page = place.value.path[2];
        goTo(linkTo(['c', currentTarget.value, ...(page === undefined ? [] : [page])]));
      }}
    >
      {listed.some((one) => one.name === name) ? null : <option value={name}>{name}</option>}
      {listed.map((one) => (
        <option key={one.name} value={one.name}>
          {one.name}
        </option>
      ))}
    </select>
  );
}

const nextTheme: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };
const themeIcon = { system: 'auto', light: 'sun', dark: 'moon' } as const;

const Buttons = (): JSX.Element => (
  <div class="row">
    <button
      type="button"
      class="button plain square"
      title={english.theme[theme.value]}
      aria-label={english.theme[theme.value]}
      onClick={() => {
        theme.value = nextTheme[theme.value];
      }}
    >
      <Icon name={themeIcon[theme.value]} />
    </button>
    <button
      type="button"
      class="button plain square"
      title={key.value === '' ? english.key.open : english.key.is}
      aria-label={key.value === '' ? english.key.open : english.key.is}
      onClick={() => {
        keyAsked.value = { code: 'chosen', detail: '' };
      }}
    >
      <Icon name="key" />
    </button>
  </div>
);

/** The bar at the top: the collection, the pages, colours and key. */
export function TopBar(): JSX.Element {
  const name = collectionName.value;
  return (
    <header class="top">
      <a class="brand" href={name === undefined ? '#/' : linkTo(['c', name])}>
        <img src={mark} alt="" width="30" height="30" />
        <span>{english.name}</span>
      </a>
      <CollectionChoice />
      <nav aria-label={nav.label}>
        {name !== undefined &&
          pages.map(([page, words]) => (
            <Tab key={page} path={page === '' ? ['c', name] : ['c', name, page]} words={words} />
          ))}
        <Tab path={['collections']} words={nav.collections} />
        <Tab path={['health']} words={nav.health} />
      </nav>
      <Buttons />
    </header>
  );
}
