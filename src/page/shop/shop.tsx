import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { SoundCollection } from '../collections.ts';
import { english } from '../english.ts';
import { FillingBanner, useFilling } from '../filling.tsx';
import { isDragged, photosBeingRead, useDrops } from '../photo/take.ts';
import { place } from '../route.ts';
import { Drawer } from './drawer.tsx';
import { Filters } from './filters.tsx';
import { lostPhotos, parts, takeShared } from './query.ts';
import { QueryPanel } from './query-panel.tsx';
import { Results } from './results.tsx';
import { answer, searchAgain } from './search.ts';
import { Start } from './start.tsx';

function Search({ name, collection }: Props): JSX.Element {
  const filling = useFilling();
  const isFilling = filling !== undefined && filling !== '';
  // What came last has not been compared yet.
  useEffect(() => (isFilling ? searchAgain : undefined), [isFilling]);
  return (
    <>
      <FillingBanner detail={filling} />
      <div class="search">
        <h1 class="hidden-text">{english.start.title}</h1>
        <div class="panel">
          <QueryPanel collection={name} />
          {collection !== undefined && <Filters collection={collection} />}
          <Drawer answer={answer.value} />
        </div>
        <Results collection={name} />
      </div>
    </>
  );
}

interface Props {
  readonly name: string;
  /** The collection as the server describes it; undefined for a key that may only search. */
  readonly collection: SoundCollection | undefined;
}

/** The shopper's part of the page: a photo or a product in, products that look like it out. */
export function Shop({ name, collection }: Props): JSX.Element {
  const [isBroken, setBroken] = useState(false);
  useDrops();
  useEffect(() => {
    void takeShared().then((isSound) => setBroken(!isSound));
  }, [place.value]);
  return (
    <>
      {isDragged.value && <div class="dropping">{english.start.drop}</div>}
      {photosBeingRead.value > 0 && (
        <p class="banner" role="status">
          {english.query.reading}
        </p>
      )}
      {lostPhotos.value && (
        <p class="banner" role="status">
          {english.errors.lost}
        </p>
      )}
      {isBroken && (
        <p class="banner" role="alert">
          {english.query.shareBroken}
        </p>
      )}
      {parts.value.length === 0 ? (
        <Start key={name} collection={{ name }} />
      ) : (
        <Search name={name} collection={collection} />
      )}
    </>
  );
}
