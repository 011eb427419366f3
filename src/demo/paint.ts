/** The patterns of a surface; each is an SVG pattern over a base colour. */
export const finishes = ['plain', 'stripes', 'dots', 'checks', 'diagonal', 'waves'] as const;

/** A pattern of a surface. */
export type Finish = (typeof finishes)[number];

/** The look of one product: its main and second colour, and the pattern of its surface. */
export interface Paint {
  readonly main: string;
  readonly second: string;
  readonly finish: Finish;
}

const shapes: Readonly<Record<Finish, (second: string) => string>> = {
  plain: () => '',
  stripes: (second) => `<rect width="10" height="20" fill="${second}"/>`,
  dots: (second) => `<circle cx="10" cy="10" r="5.5" fill="${second}"/>`,
  checks: (second) =>
    `<rect width="10" height="10" fill="${second}"/><rect x="10" y="10" width="10" height="10" fill="${second}"/>`,
  diagonal: (second) => `<path d="M-5 15 15-5M5 25 25 5" stroke="${second}" stroke-width="6"/>`,
  waves: (second) => `<path d="M0 10q5-9 10 0t10 0" fill="none" stroke="${second}" stroke-width="5"/>`,
};

/** Returns the `<pattern>` that drawings fill their surfaces with, as `url(#paint)`. */
export const paintPattern = ({ main, second, finish }: Paint): string =>
  `<pattern id="paint" width="20" height="20" patternUnits="userSpaceOnUse"><rect width="20" height="20" fill="${main}"/>${shapes[finish](second)}</pattern>`;

/** Formats a colour of hue (degrees), saturation and lightness (percent) for CSS. */
export const hsl = (hue: number, saturation: number, lightness: number): string =>
  `hsl(${Math.round(hue) % 360},${Math.round(saturation)}%,${Math.round(lightness)}%)`;
