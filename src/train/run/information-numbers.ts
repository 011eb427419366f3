import { figuresSchema } from '../../information/index.ts';

const terms = Object.keys(
  figuresSchema.shape.terms.shape,
) as (keyof typeof figuresSchema.shape.terms.shape)[];

/** The numbers of the information of vectors that the copies of a log have, by name. */
export const informationNumbers = {
  names: [
    'mutual_information',
    'label_entropy',
    'entropy',
    ...terms.flatMap((term) => [`${term}_tightness`, `${term}_contrast`]),
  ] as readonly string[],
  /** The numbers of a value of a log; none if it is no information. */
  of(value: unknown): [name: string, value: number | null][] {
    const { data } = figuresSchema.safeParse(value);
    if (data === undefined) return [];
    return [
      ['mutual_information', data.mutualInformation],
      ['label_entropy', data.labelEntropy],
      ['entropy', data.entropy],
      ...terms.flatMap((term): [string, number][] => [
        [`${term}_tightness`, data.terms[term].tightness],
        [`${term}_contrast`, data.terms[term].contrast],
      ]),
    ];
  },
};
