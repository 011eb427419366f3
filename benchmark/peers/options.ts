/** The options of the benchmark beside peers, for `parseArgs`. */
export const options = {
  sizes: { type: 'string' },
  features: { type: 'string' },
  part: { type: 'string' },
  folder: { type: 'string' },
  model: { type: 'string' },
  pictures: { type: 'string' },
  count: { type: 'string' },
  render: { type: 'boolean' },
} as const;
