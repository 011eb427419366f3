import type { JSX, TargetedEvent } from 'preact';
import { useRef } from 'preact/hooks';
import { english } from '../english.ts';
import { Icon, type IconName } from '../parts/icon.tsx';
import { takeFiles } from './take.ts';

interface Props {
  readonly icon: IconName;
  readonly label: string;
  readonly class?: string;
  readonly isMore?: boolean;
  /** True opens the camera, on devices that have one. */
  readonly isCamera?: boolean;
}

/** A button that lets the shopper choose or take photos. */
export function PhotoButton({
  icon,
  label,
  class: look = '',
  isMore = false,
  isCamera = false,
}: Props): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const onChange = (event: TargetedEvent<HTMLInputElement>): void => {
    const files = [...(event.currentTarget.files ?? [])];
    event.currentTarget.value = '';
    void takeFiles(files, { isMore });
  };
  return (
    <>
      <button type="button" class={`button ${look}`} onClick={() => input.current?.click()}>
        <Icon name={icon} />
        {label}
      </button>
      <input
        ref={input}
        type="file"
        accept="image/*"
        multiple={!isCamera}
        {...(isCamera && { capture: 'environment' })}
        hidden
        aria-label={label}
        onChange={onChange}
      />
    </>
  );
}

/** The two ways to a photo: a file, or the camera. */
export const PhotoButtons = (): JSX.Element => (
  <div class="row">
    <PhotoButton icon="picture" label={english.start.choose} class="main" />
    <PhotoButton icon="camera" label={english.start.camera} isCamera />
  </div>
);
