import { z } from 'zod';

const terms = ['contrastive', 'snca', 'multi-similarity', 'center', 'pce', 'spce'] as const;
const parts = z.object({ tightness: z.number(), contrast: z.number() });
const measured = z.object({
  name: z.string(),
  information: z.object({
    mutualInformation: z.number(),
    entropy: z.number().nullable(),
    terms: z.object(Object.fromEntries(terms.map((term) => [term, parts]))),
  }),
});

/** A figure of a validation set: at the end of an epoch, or of a network beside the run. */
export interface InformationPoint {
  readonly figure: string;
  readonly set: string;
  readonly value: number;
  /** Undefined for a network beside. */
  readonly epoch?: number;
  /** The network beside; undefined for the run itself. */
  readonly network?: string;
  /** Undefined if there is only one run. */
  readonly run?: string;
}

/** The points of a result in a log; none if it has no information. */
export function informationPoints(
  result: unknown,
  where: Pick<InformationPoint, 'epoch' | 'network' | 'run'>,
  nameOf: (set: string) => string,
): InformationPoint[] {
  const { data } = measured.safeParse(result);
  if (data === undefined) return [];
  const { mutualInformation, entropy, terms: all } = data.information;
  const figures: [string, number | null][] = [
    ['H(Y) - H(Y|Z), nats', mutualInformation],
    ['entropy of eq. 6, nats', entropy],
    ...Object.entries(all).flatMap(([term, { tightness, contrast }]): [string, number][] => [
      [`${term}: tightness`, tightness],
      [`${term}: contrast`, contrast],
    ]),
  ];
  const set = nameOf(data.name.slice(0, 1000));
  return figures.flatMap(([figure, value]) => (value === null ? [] : [{ ...where, figure, set, value }]));
}

const y = {
  field: 'value',
  type: 'quantitative',
  title: null,
  scale: { zero: false },
  axis: { format: '.4~g' },
} as const;

/** Makes a panel for each figure: lines of the run, and a rule for each network beside it. */
export const informationPlot = <Color>(points: InformationPoint[], color: Color) => ({
  title: 'Information of the validation queries; rules: networks beside',
  data: { values: points },
  facet: { field: 'figure', type: 'nominal', sort: null, title: null } as const,
  columns: 4,
  spec: {
    width: 170,
    height: 110,
    layer: [
      {
        transform: [{ filter: '!isValid(datum.network)' }],
        mark: { type: 'line' as const, point: true },
        encoding: {
          x: {
            field: 'epoch',
            type: 'quantitative' as const,
            title: 'epoch',
            axis: { tickMinStep: 1, format: 'd' },
          },
          y,
          color,
        },
      },
      {
        transform: [{ filter: 'isValid(datum.network)' }],
        mark: { type: 'rule' as const },
        encoding: {
          y,
          color,
          strokeDash: {
            field: 'network',
            type: 'nominal' as const,
            title: 'network beside',
            legend: { orient: 'bottom' as const },
          },
        },
      },
    ],
  },
  resolve: { scale: { y: 'independent' } } as const,
});
