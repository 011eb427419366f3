import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { codeOf } from './api/client.ts';
import { offline } from './api/session.ts';
import { collections, collectionsProblem, readCollections } from './collections.ts';
import { english } from './english.ts';
import { Home, Starting } from './home.tsx';
import { KeyDialog } from './key-dialog.tsx';
import { messageOf } from './parts/format.ts';
import { useLoad } from './parts/load.ts';
import { Loading, Notice, Problem } from './parts/notice.tsx';
import { collectionName, linkTo, place } from './route.ts';
import { Shop } from './shop/shop.tsx';
import { TopBar } from './top-bar.tsx';

/** The keeper's pages come in a file of their own, which shoppers never load. */
function Keeper(): JSX.Element {
  const { value, error, again } = useLoad(() => import('./keeper/keeper.tsx'), []);
  if (error !== undefined) return <Problem error={error} onRetry={again} />;
  return value === undefined ? <Loading /> : <value.Keeper />;
}

function ShopPage({ name }: { name: string }): JSX.Element {
  const collection = collections.value?.find((one) => one.name === name);
  const error = collectionsProblem.value;
  const code = codeOf(error);
  if (code === 'not-ready') return <Starting detail={messageOf(error)} />;
  // Who may only search sees no list; the collection may be there all the same.
  if (error !== undefined && code !== 'forbidden')
    return <Problem error={error} onRetry={() => void readCollections()} />;
  if (collections.value === undefined && error === undefined) return <Loading />;
  if (collection?.status === 'damaged') return <Problem error={new Error(collection.error.detail)} />;
  return <Shop name={name} collection={collection} />;
}

function Page(): JSX.Element {
  const [first, , page] = place.value.path;
  const name = collectionName.value;
  if (first === undefined) return <Home />;
  if (name !== undefined && page === undefined) return <ShopPage name={name} />;
  if (name !== undefined || first === 'collections' || first === 'health') return <Keeper />;
  return (
    <Notice icon="alert" isBad isPage title={english.errors.page}>
      <a class="button" href={linkTo([])}>
        {english.errors.home}
      </a>
    </Notice>
  );
}

const Offline = (): JSX.Element | null =>
  offline.value ? (
    <p class="banner" role="alert">
      {english.errors.offline}
    </p>
  ) : null;

/** Puts the focus on a new page, so that a screen reader begins there, and writes its title. */
function usePageFocus() {
  const main = useRef<HTMLElement>(null);
  const [isFirst, setFirst] = useState(true);
  const page = place.value.path.join('/');
  useEffect(() => {
    document.title = english.title(collectionName.value ?? place.value.path[0] ?? english.nav.search);
    if (isFirst) setFirst(false);
    else main.current?.focus();
  }, [page]);
  return main;
}

/** The page. */
export function App(): JSX.Element {
  const main = usePageFocus();
  return (
    <>
      <button type="button" class="button skip" onClick={() => main.current?.focus()}>
        {english.skip}
      </button>
      <TopBar />
      <Offline />
      <main ref={main} tabIndex={-1}>
        <Page />
      </main>
      <KeyDialog />
    </>
  );
}
