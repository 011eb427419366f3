import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { english } from '../english.ts';
import { Icon } from '../parts/icon.tsx';
import { CropBox } from '../photo/crop-box.tsx';
import { CropChoices } from '../photo/crop-choices.tsx';
import { PhotoButton } from '../photo/photo-buttons.tsx';
import { photoProblem } from '../photo/take.ts';
import { goTo, linkTo } from '../route.ts';
import { ItemThumbnail } from './item-thumbnail.tsx';
import { type Part, parts, removePart, setCrop, shareLink, turnPart } from './query.ts';

const { query } = english;

const wordsOf = (part: Part): string =>
  part.kind === 'photo' ? query.number(Number(part.key)) : query.item(part.id);

function PartTile({ collection, part }: { collection: string; part: Part }): JSX.Element {
  const words = wordsOf(part);
  return (
    <li class={part.isNot ? 'part not' : 'part'}>
      <div class="frame-picture">
        {part.kind === 'photo' ? (
          <img src={part.photo.url} alt={words} />
        ) : (
          <ItemThumbnail collection={collection} id={part.id} />
        )}
        <button
          type="button"
          class="remove"
          aria-label={query.remove(words)}
          onClick={() => removePart(part)}
        >
          <Icon name="cross" />
        </button>
      </div>
      <button
        type="button"
        class="turn"
        aria-label={query.turn(words, part.isNot)}
        onClick={() => turnPart(part)}
      >
        {part.isNot ? query.notLike : query.like}
      </button>
    </li>
  );
}

function Share(): JSX.Element {
  const [told, setTold] = useState<{ readonly text: string; readonly link?: string }>();
  const share = async (): Promise<void> => {
    const link = await shareLink();
    const hasPhoto = parts.value.some(({ kind }) => kind === 'photo');
    try {
      await navigator.clipboard.writeText(link);
      setTold({ text: hasPhoto ? query.sharedPhoto : query.shared_ });
    } catch {
      // Without https or permission there is no clipboard.
      setTold({ text: query.shareFailed, link });
    }
  };
  return (
    <>
      <button type="button" class="button small" onClick={() => void share()}>
        <Icon name="share" />
        {query.share}
      </button>
      <span role="status">{told?.text}</span>
      {told?.link !== undefined && (
        <input type="text" readOnly value={told.link} aria-label={query.shareFailed} />
      )}
    </>
  );
}

interface WhichProps {
  readonly photos: readonly Part[];
  readonly shown: Part | undefined;
  readonly onShow: (key: string) => void;
}

/** Chooses the photo whose part is shown. */
const WhichPhoto = ({ photos, shown, onShow }: WhichProps): JSX.Element => (
  <div class="row">
    {photos.map((part, at) => (
      <button
        key={part.key}
        type="button"
        class="button small"
        aria-pressed={part === shown}
        onClick={() => onShow(part.key)}
      >
        {query.number(at + 1)}
      </button>
    ))}
  </div>
);

/** The pictures of the query, with the crop box of the only photo and what can be done with them. */
export function QueryPanel({ collection }: { collection: string }): JSX.Element {
  const [only, ...others] = parts.value;
  const [shown, setShown] = useState<string>();
  const photos = parts.value.flatMap((part) => (part.kind === 'photo' ? [part] : []));
  const cropped = photos.find(({ key }) => key === shown) ?? photos.at(-1);
  const isSingle = only !== undefined && others.length === 0 && only.kind === 'photo';
  return (
    <section class="box stack query" aria-labelledby="query">
      <h2 id="query">{query.title}</h2>
      {cropped !== undefined && (
        <>
          <CropBox photo={cropped.photo} crop={cropped.crop} onCrop={(crop) => setCrop(cropped.key, crop)} />
          <small class="muted">{english.crop.hint}</small>
          <CropChoices
            photo={cropped.photo}
            crop={cropped.crop}
            onCrop={(crop) => setCrop(cropped.key, crop)}
          />
        </>
      )}
      {photos.length > 1 && <WhichPhoto photos={photos} shown={cropped} onShow={setShown} />}
      {!isSingle && (
        <ul class="parts">
          {parts.value.map((part) => (
            <PartTile key={part.key} collection={collection} part={part} />
          ))}
        </ul>
      )}
      {photoProblem.value !== undefined && <p role="alert">{photoProblem.value}</p>}
      <div class="row acts">
        <PhotoButton icon="plus" label={query.addPhoto} class="small" isMore />
        <PhotoButton icon="picture" label={query.replace} class="small" />
        <Share />
        <button type="button" class="button small plain" onClick={() => goTo(linkTo(['c', collection]))}>
          {query.clear}
        </button>
      </div>
    </section>
  );
}
