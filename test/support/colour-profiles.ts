/** The colorants of a colour space (rows are red, green and blue; columns X, Y, Z adapted to D50) and its curve. */
export interface ColourSpace {
  readonly colorants: readonly (readonly [number, number, number])[];
  /** A pure power, or the curve of sRGB. */
  readonly gamma: number | 'srgb';
}

const srgbColorants = [
  [0.43607, 0.22249, 0.01392],
  [0.38515, 0.71687, 0.09708],
  [0.14307, 0.06061, 0.7141],
] as const;

/** Colour spaces that pictures come in. `swapped` turns red into green: nobody can overlook that it is ignored. */
export const colourSpaces = {
  srgb: { colorants: srgbColorants, gamma: 'srgb' },
  p3: {
    colorants: [
      [0.51512, 0.2412, -0.00105],
      [0.29198, 0.69225, 0.04189],
      [0.1571, 0.06657, 0.78407],
    ],
    gamma: 'srgb',
  },
  adobe: {
    colorants: [
      [0.60974, 0.31111, 0.01947],
      [0.20528, 0.62567, 0.06087],
      [0.14919, 0.06322, 0.74457],
    ],
    gamma: 563 / 256,
  },
  prophoto: {
    colorants: [
      [0.79767, 0.28804, 0],
      [0.13519, 0.71188, 0],
      [0.03135, 0.00009, 0.82491],
    ],
    gamma: 1.8,
  },
  swapped: { colorants: [srgbColorants[1], srgbColorants[0], srgbColorants[2]], gamma: 'srgb' },
  linear: { colorants: srgbColorants, gamma: 1 },
} as const satisfies Readonly<Record<string, ColourSpace>>;

/** Returns the light (0 to 1) of a level (0 to 1). */
export const lightOf = (level: number, gamma: ColourSpace['gamma']): number => {
  if (gamma !== 'srgb') return level ** gamma;
  return level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4;
};

/** Returns the sRGB level (0 to 255, not rounded) of a light, clipped to what there is. */
export function levelOf(light: number): number {
  const clipped = Math.min(1, Math.max(0, light));
  return 255 * (clipped <= 0.0031308 ? clipped * 12.92 : 1.055 * clipped ** (1 / 2.4) - 0.055);
}

const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');
const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeInt32BE(Math.round(value), 4 * i);
  return bytes;
}

const xyz = (values: readonly number[]): Buffer =>
  Buffer.concat([ascii('XYZ \0\0\0\0'), numbers(...values.map((value) => value * 65536))]);

function description(text: string): Buffer {
  const plain = ascii(`${text}\0`);
  return Buffer.concat([ascii('desc\0\0\0\0'), numbers(plain.length), plain, Buffer.alloc(78)]);
}

/** A curve as a table of 1,024 levels (version 2), or as a formula (version 4). */
function curve(gamma: ColourSpace['gamma'], version: 2 | 4): Buffer {
  if (version === 4) {
    const sRgb = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045];
    const [kind, values] = gamma === 'srgb' ? [3, sRgb] : [0, [gamma]];
    return Buffer.concat([
      ascii('para\0\0\0\0'),
      Buffer.from([0, kind, 0, 0]),
      numbers(...values.map((value) => value * 65536)),
    ]);
  }
  const table = Buffer.alloc(2 * 1024);
  for (let i = 0; i < 1024; i++) table.writeUInt16BE(Math.round(lightOf(i / 1023, gamma) * 65535), 2 * i);
  return Buffer.concat([ascii('curv\0\0\0\0'), numbers(1024), table]);
}

function profile(
  space: 'RGB ' | 'GRAY',
  version: 2 | 4,
  tags: readonly (readonly [string, Buffer])[],
): Buffer {
  const header = Buffer.alloc(128);
  header.set([version], 8);
  header.set(ascii(`mntr${space}XYZ `), 12);
  header.set(ascii('acsp'), 36);
  header.set(numbers(0.9642 * 65536, 65536, 0.8249 * 65536), 68);
  let offset = 128 + 4 + 12 * tags.length;
  const table: Buffer[] = [numbers(tags.length)];
  for (const [name, data] of tags) {
    table.push(ascii(name), numbers(offset, data.length));
    offset += padded(data).length;
  }
  const whole = Buffer.concat([header, ...table, ...tags.map(([, data]) => padded(data))]);
  whole.writeUInt32BE(whole.length, 0);
  return whole;
}

const common = (name: string): [string, Buffer][] => [
  ['desc', description(name)],
  ['cprt', Buffer.concat([ascii('text\0\0\0\0'), ascii('None\0')])],
  ['wtpt', xyz([0.9642, 1, 0.8249])],
];

/** Makes the ICC profile of a colour space, of version 2 as cameras write it, or 4. */
export function rgbProfile({ colorants, gamma }: ColourSpace, version: 2 | 4 = 2): Buffer {
  const channels = ['r', 'g', 'b'].flatMap((channel, i): [string, Buffer][] => [
    [`${channel}XYZ`, xyz(colorants[i] ?? [])],
    [`${channel}TRC`, curve(gamma, version)],
  ]);
  return profile('RGB ', version, [...common('Drawn for a test'), ...channels]);
}

/** Makes the ICC profile of grey pictures with a curve. */
export const greyProfile = (gamma: ColourSpace['gamma']): Buffer =>
  profile('GRAY', 2, [...common('Drawn for a test'), ['kTRC', curve(gamma, 2)]]);
