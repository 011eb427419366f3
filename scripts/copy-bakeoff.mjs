// Copies what is finished of a bake-off into the repository: its results, its report, its plots and, into
// docs/bakeoff.md between the two comments there, its table. Run it again whenever more is finished.
//   node scripts/copy-bakeoff.mjs FOLDER docs/bakeoff
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readBakeoff } from '../dist/src/bakeoff/index.js';
import { lossPlot, measurePlot, ranked, validationPlot } from '../dist/src/report/bakeoff/bakeoff-plots.js';
import { renderPlot } from '../dist/src/report/plot.js';

const mostBytes = 30_000;
const [, , from, to] = process.argv;
if (from === undefined || to === undefined)
  throw new Error('Name the folder of the bake-off, and the one to copy to.');

const write = (path, text) => {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
};

const report = await readBakeoff(from);
for (const name of readdirSync(join(from, 'results')).filter((file) => /^[a-z0-9-]+\.json$/.test(file))) {
  const text = readFileSync(join(from, 'results', name), 'utf8');
  if (text.length > mostBytes) throw new Error(`${name} has ${text.length} bytes, more than ${mostBytes}.`);
  write(join(to, 'results', name), text);
}
// Paths of the machine that did it say nothing to others.
const plan = JSON.parse(readFileSync(join(from, 'plan.json'), 'utf8'));
const shared = {
  ...plan,
  sources: plan.sources.map((path) => basename(path)),
  weights: plan.weights && basename(plan.weights),
};
write(join(to, 'plan.json'), `${JSON.stringify(shared)}\n`);
write(join(to, 'report.json'), `${JSON.stringify(report)}\n`);
if (ranked(report).length > 0)
  for (const [name, plot] of [
    ['recall', measurePlot(report, 'recall@1')],
    ['map', measurePlot(report, 'map@r')],
    ['validation', validationPlot(report)],
    ['loss', lossPlot(report)],
  ])
    write(join(to, `${name}.svg`), await renderPlot({ ...plot, background: 'white' }));

const percent = (value) => (100 * value).toFixed(1);
const figure = (figures, metric, name) => {
  const one = figures?.find((found) => found.metric === metric && found.name === name);
  return one === undefined
    ? '-'
    : percent(one.mean) + (one.deviation === null ? '' : ` ± ${percent(one.deviation)}`);
};
const points = (value) => `${value < 0 ? '-' : '+'}${percent(Math.abs(value))}`;
const compared = ({ against }) => {
  const one = against?.find(({ name }) => name === 'map@r');
  return one === undefined
    ? ''
    : `${points(one.difference)} (${points(one.interval[0])} to ${points(one.interval[1])})`;
};
const names = [...report.ks.map((k) => `recall@${k}`), 'r-precision', 'map@r'];
const rows = [
  ...ranked(report).map((loss) => [
    loss.loss,
    loss.chosen === null ? '' : `${loss.setting.split('.').at(-1)} ${loss.chosen}`,
    ...names.map((name) => figure(loss.figures, report.metric, name)),
    figure(loss.figures, 'l2', 'recall@1'),
    compared(loss),
    loss.secondsPerStep?.toFixed(2) ?? '',
    `${loss.seeds.length} of ${loss.planned}`,
  ]),
  ...(report.start === null
    ? []
    : [
        [
          'not trained',
          '',
          ...names.map((name) => figure(report.start, report.metric, name)),
          figure(report.start, 'l2', 'recall@1'),
          '',
          '',
          '',
        ],
      ]),
];
const head = [
  'loss',
  'chosen',
  ...names.map((name) =>
    name.replace('recall@', 'R@').replace('map@r', 'mAP@R').replace('r-precision', 'R-Prec.'),
  ),
  'R@1, L2',
  `mAP@R beside ${report.baseline}`,
  's a step',
  'seeds',
];
const table = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const failures = report.losses.flatMap((loss) =>
  loss.failures.map(({ job, reason }) => `- failed: ${job}: ${reason}`),
);
const pictures = `![Recall@1 by loss](bakeoff/recall.svg)
![mAP@R by loss](bakeoff/map.svg)
![Recall@1 on the validation labels by epoch](bakeoff/validation.svg)
![Training loss by step](bakeoff/loss.svg)`;
const text = `
Labels that were never trained on, %, mean ± standard deviation over seeds, the best mAP@R first; [all of it](bakeoff/report.json).
${report.createdAt.slice(0, 10)}, ${report.machines.join('; ')}.${
  report.missing.length === 0
    ? ''
    : ` **Not complete:** ${report.missing.length} of ${report.jobs} jobs are missing.`
}

${table}

${report.about.map(({ name, value }) => `- ${name}: ${value}`).join('\n')}
${failures.join('\n')}

${ranked(report).length === 0 ? '' : pictures}
`;
const page = join(to, '..', 'bakeoff.md');
const before = readFileSync(page, 'utf8');
const parts = /(<!-- table: scripts\/copy-bakeoff\.mjs -->\n)[\s\S]*(<!-- end of the table -->)/;
if (!parts.test(before)) throw new Error(`${page} lacks the comments that the table goes between.`);
writeFileSync(
  page,
  before.replace(parts, (_, start, end) => `${start}${text}\n${end}`),
);
console.log(
  `copied ${report.jobs - report.missing.length} of ${report.jobs} jobs to ${to}, and the table to ${page}`,
);
