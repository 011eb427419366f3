import type { Paint } from './paint.ts';

/** A kind of product, drawn in a box of 200 x 200; surfaces are filled with `url(#paint)`. */
export interface Drawing {
  readonly kind: string;
  readonly draw: (paint: Paint) => string;
}

const surface = 'fill="url(#paint)" stroke="#333" stroke-width="3" stroke-linejoin="round"';
const dark = 'fill="#3a3a40" stroke="#222" stroke-width="2"';
const line = (colour: string, width: number): string =>
  `fill="none" stroke="${colour}" stroke-width="${width}" stroke-linecap="round"`;

const mug = ({ main }: Paint): string =>
  `<path d="M138 80h18a24 24 0 0 1 0 62h-20" ${line(main, 14)}/><path d="M45 60h95v85a20 20 0 0 1-20 20H65a20 20 0 0 1-20-20z" ${surface}/><ellipse cx="92" cy="60" rx="47" ry="12" fill="#5b3a24" stroke="#333" stroke-width="3"/>`;

const shirt = (): string =>
  `<path d="M70 35 20 65l18 38 24-12v80h76V91l24 12 18-38-50-30q-30 24-60 0z" ${surface}/><path d="M70 35q30 26 60 0" ${line('#333', 4)}/>`;

const lamp = ({ second }: Paint): string =>
  `<rect x="93" y="95" width="14" height="70" ${dark}/><ellipse cx="100" cy="170" rx="42" ry="10" fill="${second}" stroke="#333" stroke-width="3"/><path d="M70 30h60l28 70H42z" ${surface}/>`;

const chair = ({ second }: Paint): string =>
  `<path d="M58 120 48 185M142 120l10 65M70 120l-4 50M130 120l4 50" ${line(second, 9)}/><rect x="55" y="20" width="90" height="78" rx="12" ${surface}/><path d="M48 100h104l8 24H40z" ${surface}/>`;

const bottle = ({ second }: Paint): string =>
  `<rect x="86" y="14" width="28" height="22" rx="4" fill="${second}" stroke="#333" stroke-width="3"/><path d="M88 36h24v26q24 12 24 40v72a12 12 0 0 1-12 12H76a12 12 0 0 1-12-12v-72q0-28 24-40z" ${surface}/><rect x="66" y="112" width="68" height="40" fill="#fff" opacity=".85"/>`;

const bag = ({ main }: Paint): string =>
  `<path d="M68 78V60a32 32 0 0 1 64 0v18" ${line(main, 9)}/><path d="M38 76h124l12 104H26z" ${surface}/><circle cx="70" cy="90" r="5" ${dark}/><circle cx="130" cy="90" r="5" ${dark}/>`;

const shoe = ({ second }: Paint): string =>
  `<path d="M20 86q26 16 52-10l50 40q16 8 50 12 12 4 12 24H20z" ${surface}/><path d="M16 150h170v10a10 10 0 0 1-10 10H26a10 10 0 0 1-10-10z" fill="#f4f4f0" stroke="#333" stroke-width="3"/><path d="m82 92-14 14m28-4-14 14m28-4-14 14" ${line(second, 5)}/>`;

const watch = ({ main }: Paint): string =>
  `<path d="M76 12h48l-6 46H82zM82 142h36l6 46H76z" ${surface}/><circle cx="100" cy="100" r="52" fill="${main}" stroke="#333" stroke-width="3"/><circle cx="100" cy="100" r="40" fill="#fbfbf6" stroke="#333" stroke-width="2"/><path d="M100 100V72m0 28 20 12" ${line('#222', 5)}/>`;

const cap = ({ second }: Paint): string =>
  `<path d="M36 122a64 64 0 0 1 128 0z" ${surface}/><path d="M36 122h128q28 6 28 20-60-14-156-6z" fill="${second}" stroke="#333" stroke-width="3"/><circle cx="100" cy="56" r="7" fill="${second}" stroke="#333" stroke-width="2"/>`;

const umbrella = ({ second }: Paint): string =>
  `<path d="M100 90v76a16 16 0 0 0 32 0" ${line(second, 8)}/><path d="M14 98a86 76 0 0 1 172 0q-22-16-43 0-21-16-43 0-22-16-43 0-21-16-43 0z" ${surface}/>`;

const teapot = ({ main, second }: Paint): string =>
  `<path d="M52 92q-40-6-34 26 8 26 40 24" ${line(main, 12)}/><path d="M140 120q30-6 34-44l18-4q-4 62-50 80z" fill="${main}" stroke="#333" stroke-width="3"/><ellipse cx="98" cy="122" rx="58" ry="48" ${surface}/><path d="M66 80q32-22 64 0z" fill="${second}" stroke="#333" stroke-width="3"/><circle cx="98" cy="62" r="8" fill="${second}" stroke="#333" stroke-width="2"/>`;

const cushion = (): string =>
  `<path d="M28 34q72 18 144 0-16 66 0 132-72-18-144 0 16-66 0-132z" ${surface}/>`;

/** All kinds of products of the demo. */
export const drawings: readonly Drawing[] = [
  { kind: 'mug', draw: mug },
  { kind: 't-shirt', draw: shirt },
  { kind: 'lamp', draw: lamp },
  { kind: 'chair', draw: chair },
  { kind: 'bottle', draw: bottle },
  { kind: 'bag', draw: bag },
  { kind: 'sneaker', draw: shoe },
  { kind: 'watch', draw: watch },
  { kind: 'cap', draw: cap },
  { kind: 'umbrella', draw: umbrella },
  { kind: 'teapot', draw: teapot },
  { kind: 'cushion', draw: cushion },
];
