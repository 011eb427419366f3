// Sends every picture of a folder to a running server as an upload and prints Recall@1 and @5: the share of pictures
// with an item of their own label (the path of their folder) among the first answers.
//   node scripts/recall-over-http.mjs FOLDER http://127.0.0.1:3000/v1/collections/NAME [--exact]
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const [folder, url, ...flags] = process.argv.slice(2);
if (folder === undefined || url === undefined) {
  console.error('usage: node scripts/recall-over-http.mjs FOLDER URL-OF-COLLECTION [--exact]');
  process.exit(2);
}
const exact = flags.includes('--exact');
const pictures = readdirSync(folder, { recursive: true })
  .map(String)
  .filter((path) => /\.(jpe?g|png|webp)$/i.test(path))
  .sort();
const concurrency = 4;

async function labelsFor(path) {
  const form = new FormData();
  form.set('image', new Blob([readFileSync(join(folder, path))]), 'query.jpg');
  form.set('k', '5');
  form.set('group', 'item');
  if (exact) form.set('exact', 'true');
  const response = await fetch(`${url}/search`, { method: 'POST', body: form });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${answer.detail}`);
  return answer.results.map(({ item }) => item.label);
}

const hits = { 1: 0, 5: 0 };
let next = 0;
async function worker() {
  while (next < pictures.length) {
    const path = pictures[next++];
    const labels = await labelsFor(path);
    if (labels[0] === dirname(path)) hits[1] += 1;
    if (labels.includes(dirname(path))) hits[5] += 1;
  }
}
const started = performance.now();
await Promise.all(Array.from({ length: concurrency }, worker));
const seconds = (performance.now() - started) / 1000;
const percent = (count) => ((100 * count) / pictures.length).toFixed(1);
console.log(
  `${pictures.length} queries in ${seconds.toFixed(1)} s: Recall@1 ${percent(hits[1])} %, Recall@5 ${percent(hits[5])} %`,
);
