// Draws the demo into the folder named on the command line. A process of its own, because the ones that take pictures
// from strangers keep SVG shut.
import { drawDemo } from './draw-demo.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new TypeError('usage: node draw.js FOLDER');
const { products, pictures } = await drawDemo(folder);
console.log(`${products} products in ${pictures} pictures`);
