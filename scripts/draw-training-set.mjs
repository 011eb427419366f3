// Draws the pictures that the shipped models are trained on beside photographs (see models/*.md).
//   npm run build && node scripts/draw-training-set.mjs FOLDER
import { drawTrainingSet } from '../dist/src/demo/training-set.js';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node scripts/draw-training-set.mjs FOLDER');
  process.exit(2);
}
console.log(`${await drawTrainingSet(folder)} looks: ${folder}/train, ${folder}/held-out`);
