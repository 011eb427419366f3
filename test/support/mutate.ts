import fc from 'fast-check';

/** One change of a file's bytes; numbers are taken modulo what there is. */
type Edit =
  | { readonly kind: 'set'; readonly at: number; readonly value: number }
  | { readonly kind: 'cut'; readonly at: number; readonly length: number }
  | { readonly kind: 'copy'; readonly from: number; readonly at: number; readonly length: number }
  | { readonly kind: 'end'; readonly at: number };

const place = fc.oneof(fc.nat(600), fc.nat());
/** Bytes that mean something in many formats, and any other. */
const byte = fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0x30, 0x2c, 0x5b, 0x7b), fc.nat(255));

const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('set' as const), at: place, value: byte }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), at: place, length: fc.nat(40) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('copy' as const), from: place, at: place, length: fc.nat(40) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const), at: fc.nat() }) },
);

function applied(bytes: Buffer, one: Edit, from: number): Buffer {
  const at = from + (one.at % Math.max(1, bytes.length - from));
  switch (one.kind) {
    case 'set': {
      const changed = Buffer.from(bytes);
      changed[at] = one.value;
      return changed;
    }
    case 'cut':
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + one.length)]);
    case 'copy': {
      const piece = bytes.subarray(one.from % bytes.length, (one.from % bytes.length) + one.length);
      return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
    }
    case 'end':
      return bytes.subarray(0, at);
  }
}

/** Valid files with bytes flipped, cut, spliced, from the byte `from` on. */
export const mutated = (files: readonly Uint8Array[], from = 0): fc.Arbitrary<Buffer> =>
  fc
    .tuple(fc.constantFrom(...files), fc.array(edit, { minLength: 1, maxLength: 3 }))
    .map(([file, edits]) =>
      edits.reduce<Buffer>((bytes, one) => applied(bytes, one, from), Buffer.from(file)),
    );

/** A valid file with one byte anywhere exchanged. */
export const flipped = (file: Uint8Array): fc.Arbitrary<Buffer> =>
  fc
    .tuple(fc.nat(file.length - 1), byte)
    .map(([at, value]) => applied(Buffer.from(file), { kind: 'set', at, value }, 0));

/** Values that no field of a format should take as they are. */
const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, '', '__proto__', '../../x', -1, 0, 0.5, 1e300, 2 ** 53, [], {}),
  fc.constant({ ['__proto__']: { polluted: true } }),
  fc.constant(JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}')),
  fc.jsonValue({ maxDepth: 3 }),
);

/** A copy with something else at the place that the numbers lead to. */
function replaced(value: unknown, path: readonly number[], other: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined || typeof value !== 'object' || value === null) return other;
  const entries = Object.entries(value);
  if (entries.length === 0) return other;
  const [key] = entries[first % entries.length] ?? [''];
  const changed = entries.flatMap(([name, part]) => {
    if (name !== key) return [[name, part] as const];
    if (other === undefined) return [];
    return [[name, replaced(part, rest, other)] as const];
  });
  return Array.isArray(value) ? changed.map(([, part]) => part) : Object.fromEntries(changed);
}

/** A valid JSON document with some of its values exchanged or missing. */
export const mutatedJson = (document: unknown): fc.Arbitrary<unknown> =>
  fc
    .array(
      fc.tuple(fc.array(fc.nat(50), { minLength: 1, maxLength: 5 }), fc.option(odd, { nil: undefined })),
      {
        minLength: 1,
        maxLength: 2,
      },
    )
    .map((changes) =>
      changes.reduce<unknown>((value, [path, other]) => replaced(value, path, other), document),
    );
