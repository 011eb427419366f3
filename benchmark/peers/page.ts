import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderPlot } from '../../src/report/plot.ts';
import { recallPlot, timePlot } from './plots.ts';
import type { EngineResult, SizeResult, Times } from './results.ts';

const head = `# Search beside its peers

A collection of this project, asked through its library (a thread of its own, SQLite below it), beside faiss, hnswlib and
usearch asked in a Python process, on the same unit vectors under cosine. \`npm run benchmark -- --peers\` measures all of it
(hours; \`-- --peers --sizes 100000\` one size) and writes this page. The peers are those that the Python of
\`SNAPSHELF_PYTHON\` imports (\`pip install faiss-cpu hnswlib usearch numpy\`); the PyTorch part of the other benchmarks needs
\`safetensors\` too. Graphs have M 16 and a width of 200 while they are built. Recall is recall@10 against this project's exact
answer, which tests prove against float64. The clustered vectors have 100 about a centre; the peers are built with all cores and asked
with one thread.
`;

/** Writes docs/benchmark.md and its plots. */
export async function writePage(sizes: readonly SizeResult[], docs: string): Promise<void> {
  await mkdir(join(docs, 'benchmark'), { recursive: true });
  const clustered = sizes.filter(({ vectors }) => vectors === 'clustered');
  await writeFile(join(docs, 'benchmark', 'time.svg'), await renderPlot(timePlot(clustered)));
  const sections: string[] = [];
  for (const result of sizes) {
    const plot = `recall-${result.vectors}-${result.rows}.svg`;
    const isIndexed = result.engines.some(({ curve }) => curve.length > 0);
    if (isIndexed) await writeFile(join(docs, 'benchmark', plot), await renderPlot(recallPlot(result)));
    sections.push(sectionOf(result, isIndexed ? plot : undefined));
  }
  const time = '![Median time of one query against the number of vectors](benchmark/time.svg)';
  await writeFile(
    join(docs, 'benchmark.md'),
    [head, time, ...sections].join('\n\n').replace(/\n{3,}/g, '\n\n'),
  );
}

const ms = (value: number | null | undefined): string => {
  if (value === null || value === undefined || Number.isNaN(value)) return '-';
  return value < 10 ? value.toFixed(2) : value.toFixed(0);
};
const ratio = (value: number): string => `${value.toFixed(2)} x`;
const recall = (value: number | null | undefined): string => value?.toFixed(4) ?? '-';
const count = (value: number): string => value.toLocaleString('en');
const mebibytes = (bytes: number | null): string =>
  bytes === null ? '-' : `${(bytes / 2 ** 20).toFixed(0)} MiB`;
const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(...heads), row(...heads.map(() => '---')), ...rows.map((cells) => row(...cells))].join('\n');

function sectionOf(result: SizeResult, plot: string | undefined): string {
  const { rows, dimension, vectors, date, cpu, cores, node, versions } = result;
  const engines = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const what = vectors === 'clustered' ? 'clustered' : 'around features of photographs';
  return [
    `## ${count(rows)} vectors of ${dimension} numbers, ${what}`,
    `${date}, ${cores} cores of ${cpu}, Node ${node.slice(1)}${engines.length > 0 ? `, ${engines.join(', ')}` : ''}.`,
    exactTable(result),
    graphTable(result),
    ...(plot === undefined ? [] : [`![Recall and queries a second](benchmark/${plot})`]),
    servingTable(result),
    filterTable(result),
  ].join('\n\n');
}

function exactTable({ engines }: SizeResult): string {
  const own = engines.find(({ name }) => name === 'snapshelf')?.exact;
  const rows = engines.flatMap(({ name, exact, batchPerSecond }) => {
    if (exact === null) return [];
    const beside =
      name === 'snapshelf' || own === null || own === undefined ? '' : ratio(exact.p50 / own.p50);
    return [
      [
        name,
        ms(exact.p50),
        ms(exact.p99),
        beside,
        batchPerSecond === null ? '-' : count(Math.round(batchPerSecond)),
      ],
    ];
  });
  return table(
    ['exact, one thread', 'p50, ms', 'p99, ms', "this project's speed beside it", 'batch, queries/s'],
    rows,
  );
}

function graphTable({ engines }: SizeResult): string {
  const rows = engines.flatMap((engine) => {
    const point = bestPoint(engine);
    if (point === undefined) return [];
    const { name, buildSeconds, bytes, replaceSeconds, recallAfter } = engine;
    const replaced = replaceSeconds.map((seconds) => seconds.toFixed(0)).join(', ');
    const build = buildSeconds === null ? '-' : buildSeconds.toFixed(0);
    return [
      [
        name,
        build,
        mebibytes(bytes),
        String(point.ef),
        ms(point.p50),
        ms(point.p99),
        recall(point.recall),
        replaced,
        recall(recallAfter),
      ],
    ];
  });
  if (rows.length === 0) return 'So few vectors have no index: every search is exact.';
  const heads = [
    'index',
    'build, s',
    'memory',
    'ef',
    'p50, ms',
    'p99, ms',
    'recall@10',
    'replacing 20 %, s',
    'recall after',
  ];
  return `${table(heads, rows)}\n\nThe memory of this project is its whole process, with what SQLite keeps; a peer's is what its index added.`;
}

/** The narrowest search with a recall of 0.99; the widest if there is none. */
const bestPoint = ({ curve }: EngineResult): EngineResult['curve'][number] | undefined =>
  curve.find((point) => point.recall >= 0.99) ?? curve.at(-1);

function servingTable(result: SizeResult): string {
  const { firstPage, secondPage, tenthPage, grouped, facets, throughput, beside } = result;
  const timed = (what: string, { p50, p99 }: Times): string[] => [
    what,
    ms(p50),
    ms(p99),
    ratio(p50 / firstPage.p50),
  ];
  const times = [
    timed('first page', firstPage),
    timed('second page', secondPage),
    timed('tenth page', tenthPage),
    timed('one answer a product', grouped),
    timed('facets of four fields', facets),
  ];
  const idle = beside[0]?.p99 ?? Number.NaN;
  const loads = beside.map(({ what, rate, p50, p99, errors }) => [
    `${rate} searches a second beside ${what}`,
    ms(p50),
    p99 === null ? 'infinite' : ms(p99),
    p99 === null ? 'infinite' : ratio(p99 / idle),
    String(errors),
  ]);
  const rates = throughput.map(({ kind, atOnce, perSecond }) => {
    const alone =
      throughput.find((other) => other.kind === kind && other.atOnce === 1)?.perSecond ?? Number.NaN;
    return [`${kind}, ${atOnce} at once`, perSecond.toFixed(1), ratio(perSecond / alone)];
  });
  const { startSeconds, writeSeconds, memory, rows } = result;
  return [
    table(['search', 'p50, ms', 'p99, ms', 'of the first page'], times),
    table(['searches at a fixed rate', 'p50, ms', 'p99, ms', 'p99 of that beside nothing', 'errors'], loads),
    table(['searches at once', 'a second', 'of one'], rates),
    `Writing ${count(rows)} items: ${writeSeconds.toFixed(0)} s. From opening the folder to the first answer: ${startSeconds.toFixed(1)} s. Memory of the process: ${mebibytes(memory)}.`,
  ].join('\n\n');
}

function filterTable({ filters }: SizeResult): string {
  const worst = filters.reduce((one, other) => (other.p50 > one.p50 ? other : one));
  const least = filters.reduce((one, other) => (other.recall < one.recall ? other : one));
  const rows = filters.map(({ share, correlation, p50, p99, recall: found, exactShare }) => [
    `${(100 * share).toFixed(1)} % of the items, ${correlation}`,
    ms(p50),
    ms(p99),
    recall(found),
    `${(100 * exactShare).toFixed(0)} %`,
  ]);
  return `${table(['filter', 'p50, ms', 'p99, ms', 'recall@10', 'answered exactly'], rows)}\n\nThe slowest takes ${ms(worst.p50)} ms, the lowest recall is ${recall(least.recall)}.`;
}
