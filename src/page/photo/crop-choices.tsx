import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { english } from '../english.ts';
import { messageOf } from '../parts/format.ts';
import { type Crop, isWhole, whole } from './crop.ts';
import type { Photo } from './photo.ts';
import { subjectOf } from './subject.ts';

interface Props {
  readonly photo: Photo;
  readonly crop: Crop;
  readonly onCrop: (crop: Crop) => void;
}

/** The buttons below a photo: the box around its subject, which the server finds, the middle, or all of it. */
export function CropChoices({ photo, crop, onCrop }: Props): JSX.Element {
  const [told, setTold] = useState('');
  const [isLooking, setLooking] = useState(false);
  useEffect(() => setTold(''), [photo]);
  const find = async (): Promise<void> => {
    setLooking(true);
    setTold(english.crop.looking);
    try {
      onCrop(await subjectOf(photo));
      setTold(english.crop.found);
    } catch (error) {
      setTold(`${english.crop.notFound} ${messageOf(error)}`);
    }
    setLooking(false);
  };
  return (
    <>
      <div class="row">
        <button type="button" class="button small" disabled={isLooking} onClick={() => void find()}>
          {english.crop.find}
        </button>
        <button
          type="button"
          class="button small"
          onClick={() => onCrop({ left: 0.2, top: 0.2, width: 0.6, height: 0.6 })}
        >
          {english.crop.middle}
        </button>
        <button type="button" class="button small" disabled={isWhole(crop)} onClick={() => onCrop(whole)}>
          {english.crop.whole}
        </button>
      </div>
      <small class="muted" role="status">
        {told}
      </small>
    </>
  );
}
