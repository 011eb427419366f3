// Turns the enums that protoc-gen-es writes into const objects, which TypeScript can erase.
import { readFileSync, writeFileSync } from 'node:fs';

const [path] = process.argv.slice(2);
const text = readFileSync(path, 'utf8').replace(/export enum (\w+) \{([\s\S]*?)\n\}/g, (_, name, body) => {
  const members = body.replace(/^(\s+\w+) = (-?\d+),$/gm, '$1: $2,');
  return `export const ${name} = {${members}\n} as const;\nexport type ${name} = (typeof ${name})[keyof typeof ${name}];`;
});
writeFileSync(path, text);
