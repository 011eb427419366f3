// Draws the demo into the folder that the command line names. It is a process of its own, because those that take pictures
// from outside block SVG.

import { counted } from '../text.ts';
import { drawDemo } from './draw-demo.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new TypeError('Name a folder: node draw.js FOLDER.');
const { products, pictures } = await drawDemo(folder);
console.log(`${counted(products, 'product')} in ${counted(pictures, 'picture')}`);
