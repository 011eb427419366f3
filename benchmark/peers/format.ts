const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** Makes a table of Markdown. */
export const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(...heads), row(...heads.map(() => '---')), ...rows.map((cells) => row(...cells))].join('\n');

/** Prints milliseconds. */
export const ms = (value: number | null | undefined): string => {
  if (value === undefined || Number.isNaN(value)) return '-';
  if (value === null) return 'infinite';
  return value < 10 ? value.toFixed(2) : value.toFixed(0);
};
/** Prints a ratio. */
export const ratio = (value: number): string => `${value.toFixed(2)} x`;
/** Prints a recall. */
export const recall = (value: number | null | undefined): string => value?.toFixed(4) ?? '-';
/** Prints a whole number. */
export const count = (value: number): string => Math.round(value).toLocaleString('en');
/** Prints a number of bytes. */
export const mebibytes = (bytes: number | null): string =>
  bytes === null ? '-' : `${count(bytes / 2 ** 20)} MiB`;
/** Prints a share. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
