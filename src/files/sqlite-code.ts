/** Primary result codes of https://sqlite.org/rescode.html */
export const sqliteCodes = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  protocol: 15,
  notADatabase: 26,
} as const;

/** Codes of errors that the binding gives none, by their texts. */
const codesByText: Readonly<Record<string, number>> = {
  'attempt to write a readonly database': sqliteCodes.readOnly,
  'database or disk is full': sqliteCodes.full,
  'database disk image is malformed': sqliteCodes.corrupt,
  'disk I/O error': sqliteCodes.ioError,
};

/** Returns SQLite's primary code of an error; undefined for one that is not SQLite's. */
export function sqliteCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { errcode } = error as { readonly errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : codesByText[error.message];
}
