import type { JSX, TargetedPointerEvent } from 'preact';
import { useRef } from 'preact/hooks';
import { english } from '../english.ts';
import { type Crop, dragCrop, type Grip, isWhole } from './crop.ts';
import type { Photo } from './photo.ts';

interface Props {
  readonly photo: Photo;
  readonly crop: Crop;
  readonly onCrop: (crop: Crop) => void;
}

const grips: readonly (readonly [Grip, number, number, string])[] = [
  ['n', 50, 0, 'ns-resize'],
  ['s', 50, 100, 'ns-resize'],
  ['w', 0, 50, 'ew-resize'],
  ['e', 100, 50, 'ew-resize'],
  ['nw', 0, 0, 'nwse-resize'],
  ['se', 100, 100, 'nwse-resize'],
  ['ne', 100, 0, 'nesw-resize'],
  ['sw', 0, 100, 'nesw-resize'],
];

const percent = (value: number): number => Math.round(value * 100);

const keys: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-0.02, 0],
  ArrowRight: [0.02, 0],
  ArrowUp: [0, -0.02],
  ArrowDown: [0, 0.02],
};

interface Drag {
  readonly grip: Grip;
  readonly x: number;
  readonly y: number;
  readonly from: Crop;
}

/** Returns the handlers that drag the box: the pointer is followed wherever it goes until it is lifted. */
function useDrag(box: { readonly current: HTMLDivElement | null }, { crop, onCrop }: Props) {
  const drag = useRef<Drag | undefined>(undefined);
  return {
    onPointerDown(event: TargetedPointerEvent<HTMLDivElement>): void {
      const grip = (event.target as HTMLElement).dataset['grip'] as Grip | undefined;
      if (grip === undefined || event.button !== 0) return;
      drag.current = { grip, x: event.clientX, y: event.clientY, from: crop };
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove(event: TargetedPointerEvent<HTMLDivElement>): void {
      const { width, height } = box.current?.getBoundingClientRect() ?? { width: 1, height: 1 };
      if (drag.current === undefined) return;
      const { grip, x, y, from } = drag.current;
      onCrop(dragCrop(from, grip, (event.clientX - x) / width, (event.clientY - y) / height));
    },
    onPointerUp(): void {
      drag.current = undefined;
    },
    onPointerCancel(): void {
      drag.current = undefined;
    },
  };
}

/** A photo with the part that is searched, which the pointer and the arrow keys move and resize. */
export function CropBox(props: Props): JSX.Element {
  const { photo, crop, onCrop } = props;
  const box = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    const [dx, dy] = keys[event.key] ?? [0, 0];
    if (dx === 0 && dy === 0) return;
    event.preventDefault();
    onCrop(dragCrop(crop, event.shiftKey ? 'se' : 'move', dx, dy));
  };
  const { left, top, width, height } = crop;
  const place = {
    left: `${left * 100}%`,
    top: `${top * 100}%`,
    width: `${width * 100}%`,
    height: `${height * 100}%`,
  };
  return (
    <div class="cropper" ref={box} {...useDrag(box, props)}>
      <img
        src={photo.url}
        alt={english.crop.photo}
        width={photo.width}
        height={photo.height}
        draggable={false}
      />
      <button
        type="button"
        class={isWhole(crop) ? 'frame all' : 'frame'}
        data-grip="move"
        style={place}
        onKeyDown={onKeyDown}
        aria-label={english.crop.label(percent(left), percent(top), percent(width), percent(height))}
      >
        {grips.map(([grip, x, y, cursor]) => (
          <i
            key={grip}
            data-grip={grip}
            class={grip.length === 2 ? 'corner' : undefined}
            style={{ left: `${x}%`, top: `${y}%`, cursor }}
          />
        ))}
      </button>
    </div>
  );
}
