import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderPlot } from '../../src/report/plot.ts';
import { median } from '../support/measure.ts';
import { count, mebibytes, ms, percent, ratio, recall, table } from './format.ts';
import { bestPoint, goalsOf } from './goals.ts';
import { recallPlot, timePlot } from './plots.ts';
import { type Part, type PartName, partNames, type SetResult } from './results.ts';

const head = `# Search beside its peers

A collection of this project, asked through its library (a thread of its own, SQLite below it), beside faiss, hnswlib and
usearch asked in a Python process, on the same unit vectors under cosine. \`npm run benchmark -- --peers\` measures 1,000, 10,000 and
100,000 vectors (some 25 minutes on an idle machine), \`-- --peers --sizes 1000000\` a million (some 35), and both write this page;
\`--part build,exact --folder FOLDER\` measures some parts, of which \`docs/benchmark/results.json\` keeps the figures. The peers are those that the
Python of \`SNAPSHELF_PYTHON\` imports (\`pip install faiss-cpu hnswlib usearch numpy\`); the PyTorch part of the other benchmarks needs
\`safetensors\` too.

- **Vectors.** Clustered ones have 100 about a centre. Those around photographs are features that \`snapshelf embed FOLDER --model
  imagenet-lite0 --out features.npy\` has made, each with noise of 0.35 of its length, until they are enough (\`--features features.npy\`).
  Queries are drawn alike and are not among them.
- **Peers** are built with all cores and asked with one thread, unless said. Graphs have M 16 and a width of 200 while they are built.
- **Recall** is recall@10 against this project's exact answer, which tests prove against float64.
- **In turns**: exact queries round after round, graphs width after width; ratios are medians of rounds.
- **Fixed rate**: requests come at that rate, whether or not the ones before are answered; an error counts as infinite.
`;

/** Reads what was written by hand about goals that are missed; nothing where there is none. */
const notesOf = (plots: string): Promise<string> => readFile(join(plots, 'notes.md'), 'utf8').catch(() => '');

/** Writes docs/benchmark.md and its plots. */
export async function writePage(sets: readonly SetResult[], docs: string): Promise<void> {
  const plots = join(docs, 'benchmark');
  await mkdir(plots, { recursive: true });
  const clustered = sets.filter(({ vectors }) => vectors === 'clustered');
  await writeFile(join(plots, 'time.svg'), await renderPlot(timePlot(clustered)));
  const sections = [
    await notesOf(plots),
    '![Median time of one query against the number of vectors](benchmark/time.svg)',
  ];
  for (const set of sets) {
    sections.push(headOf(set));
    const { index } = set.parts;
    for (const name of partNames) sections.push(sectionOf(set, name));
    if (index === undefined || index.engines.every(({ curve }) => curve.length === 0)) continue;
    const plot = `recall-${set.vectors}-${set.rows}.svg`;
    await writeFile(join(plots, plot), await renderPlot(recallPlot(set, index)));
    sections.push(`![Recall and queries per second](benchmark/${plot})`);
  }
  await writeFile(
    join(docs, 'benchmark.md'),
    `${[head, ...sections.filter(Boolean)].join('\n\n').replace(/\n{3,}/g, '\n\n')}\n`,
  );
}

function headOf(set: SetResult): string {
  const { rows, dimension, vectors, machines } = set;
  const what = vectors === 'clustered' ? 'clustered' : 'around features of photographs';
  const measured = new Map<string, string[]>();
  for (const name of partNames) {
    const machine = machines[name];
    if (machine === undefined) continue;
    const text = `${machine.date}, ${machine.cores} cores of ${machine.cpu}, Node ${machine.node.slice(1)}`;
    measured.set(text, [...(measured.get(text) ?? []), name]);
  }
  const versions = Object.assign({}, ...Object.values(machines).map((one) => one?.versions ?? {}));
  const engines = Object.entries(versions).map(([name, version]) => `${name} ${String(version)}`);
  const lines = [...measured].map(([text, names]) =>
    measured.size === 1 ? `${text}.` : `${text}: ${names.join(', ')}.`,
  );
  const goals = goalsOf(set).map(({ what, goal, measured, isMet }) => [
    what,
    goal,
    measured,
    isMet === undefined ? '-' : isMet ? 'yes' : '**no**',
  ]);
  return [
    `## ${count(rows)} vectors of ${dimension} numbers, ${what}`,
    [...lines, ...(engines.length > 0 ? [`${engines.join(', ')}.`] : [])].join(' '),
    ...(goals.length > 0 ? [table(['', 'goal', 'measured', 'met'], goals)] : []),
  ].join('\n\n');
}

type Writers = { readonly [Name in PartName]: (part: Part<Name>, set: SetResult) => string };

function sectionOf<Name extends PartName>(set: SetResult, name: Name): string {
  const part = set.parts[name] as Part<Name> | undefined;
  return part === undefined ? '' : (writers[name] as Writers[Name])(part, set);
}

const writers: Writers = {
  build: ({ writeSeconds, seconds, bytes }) =>
    `Writing through the library: ${writeSeconds.toFixed(1)} s; until the index was whole: ${seconds.toFixed(1)} s. Resident memory then: ${mebibytes(bytes)}.`,
  start: ({ seconds, bytes, bytesAfterScans }) =>
    `From opening the folder to the first answer: ${seconds.toFixed(2)} s. Resident memory then: ${mebibytes(bytes)}, after exact searches ${mebibytes(bytesAfterScans)}.`,
  exact: exactTable,
  index: indexTable,
  pages: ({ index, exact, grouped }) =>
    table(
      ['search', 'p50, ms', 'p99, ms', 'of the first page'],
      [
        ...Object.entries(index).map(
          ([name, times]) => [`${name} page, by the index`, times, index.first] as const,
        ),
        ...Object.entries(exact).map(([name, times]) => [`${name} page, exact`, times, exact.first] as const),
        ['one answer per product, by the index', grouped, index.first] as const,
      ].map(([name, { p50, p99 }, first]) => [name, ms(p50), ms(p99), ratio(p50 / first.p50)]),
    ),
  facets: (facets) =>
    table(
      ['facet', 'p50, ms', 'p99, ms', 'the first time, ms'],
      facets.map(({ name, p50, p99, first }) => [name, ms(p50), ms(p99), ms(first)]),
    ),
  filters: filterTables,
  throughput: (rates) =>
    table(
      ['searches at once', 'per second', 'of one'],
      rates.map(({ kind, atOnce, perSecond, cores }) => {
        const one = rates.find(
          (other) => other.kind === kind && other.atOnce === 1 && other.cores === cores,
        )?.perSecond;
        const what = `${kind}, ${atOnce} at once${cores === 1 ? ', held to one core' : ''}`;
        return [what, perSecond.toFixed(1), ratio(perSecond / (one ?? Number.NaN))];
      }),
    ),
  beside: (loads) =>
    table(
      ['at a fixed rate', 'p50, ms', 'p99, ms', 'errors'],
      loads.map(({ of, beside, rate, p50, p99, errors }) => [
        `${rate} ${of === 'get' ? 'reads of an item' : 'searches'} per second beside ${beside}`,
        ms(p50),
        ms(p99),
        String(errors),
      ]),
    ),
  replace: ({ seconds, recallBefore, recallAfter }) =>
    `Deleting and writing a fifth of the items, until the index was whole again: ${seconds.map((value) => value.toFixed(0)).join(', ')} s. Recall at ef 96 before and after: ${recall(recallBefore)}, ${recall(recallAfter)}.`,
  import: ({ commandSeconds, httpSeconds }) =>
    `Importing the vectors with their metadata into a new collection by \`snapshelf import-vectors\`: ${commandSeconds.toFixed(0)} s${httpSeconds === null ? '' : `; over HTTP by the client: ${httpSeconds.toFixed(0)} s`}.`,
  pictures: ({ pictures, failed, seconds, asked, foundFirst, search }) =>
    `${count(pictures)} pictures added through the API on top: ${seconds.toFixed(0)} s (${(pictures / seconds).toFixed(0)} per second), ${failed} failed. Of ${asked} of them asked for again, ${foundFirst} were found first; p50 ${ms(search.p50)} ms, p99 ${ms(search.p99)} ms, the model's run included.`,
};

function exactTable({ own, faiss, ownBatch, faissBatch, agreement }: Part<'exact'>): string {
  const batches = faissBatch.map(({ threads, perSecond }) => [
    `faiss, ${threads === 1 ? 'one thread' : `${threads} threads`}`,
    threads === 1 ? ms(faiss?.p50) : '',
    threads === 1 ? ms(faiss?.p99) : '',
    count(median(perSecond)),
  ]);
  const rows = [['this project', ms(own.p50), ms(own.p99), count(median(ownBatch))], ...batches];
  const text = table(['exact', 'p50, ms', 'p99, ms', 'all at once, queries per second'], rows);
  return agreement === null
    ? text
    : `${text}\n\nfaiss gives ${percent(agreement)} of the same answers (it computes in float32).`;
}

function indexTable({ engines }: Part<'index'>, { parts: { build, replace } }: SetResult): string {
  const rows = engines.flatMap((engine) => {
    const point = bestPoint(engine);
    if (point === undefined) return [];
    const isOwn = engine.name === 'snapshelf';
    const { seconds: replaced, recallAfter } = isOwn
      ? (replace ?? { seconds: [], recallAfter: null })
      : { seconds: engine.replaceSeconds, recallAfter: engine.recallAfter };
    const seconds = isOwn ? build?.seconds : engine.buildSeconds;
    const speed = `${ms(point.p50)} | ${ms(point.p99)} | ${recall(point.recall)}`;
    return [
      [
        engine.name,
        typeof seconds === 'number' ? seconds.toFixed(1) : '-',
        mebibytes(engine.bytes),
        String(point.ef),
        speed,
        replaced.map((value) => value.toFixed(1)).join(', '),
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
  return `${table(heads, rows)}\n\nThe narrowest search with a recall of 0.99. This project's build writes the items to disk too; a peer's memory is what its index added.`;
}

function filterTables({ listed, searched }: Part<'filters'>): string {
  const first = table(
    ['filter', 'lets through', 'p50, ms', 'p99, ms', 'the first time, ms'],
    listed.map(({ name, share, p50, p99, first }) => [name, percent(share), ms(p50), ms(p99), ms(first)]),
  );
  const second = table(
    ['search under a filter', 'p50, ms', 'p99, ms', 'recall@10', 'answered exactly'],
    searched.map(({ share, correlation, p50, p99, recall: found, exactShare }) => [
      `${percent(share)} of the items, ${correlation}`,
      ms(p50),
      ms(p99),
      recall(found),
      `${(100 * exactShare).toFixed(0)} %`,
    ]),
  );
  return `The first time, the columns of the fields are made.\n\n${first}\n\n${second}`;
}
