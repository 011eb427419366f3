import type { Node } from 'oxc-parser';
import { at, type Rule, type Violation, walk } from './source-file.ts';

/** Attributes whose text a person sees or hears. */
const spoken = new Set(['alt', 'aria-label', 'aria-description', 'label', 'placeholder', 'title']);

const hasLetters = (text: string): boolean => /\p{L}/u.test(text);

/** Gives the texts that an expression may have as its value, without those that it only compares or passes on. */
function textsOf(node: Node | null | undefined): readonly Node[] {
  switch (node?.type) {
    case 'Literal':
      return typeof node.value === 'string' && hasLetters(node.value) ? [node] : [];
    case 'TemplateLiteral':
      return node.quasis.filter(({ value }) => hasLetters(value.raw));
    case 'ConditionalExpression':
      return [...textsOf(node.consequent), ...textsOf(node.alternate)];
    case 'LogicalExpression':
      return [...textsOf(node.left), ...textsOf(node.right)];
    case 'JSXExpressionContainer':
      return textsOf(node.expression as Node);
    default:
      return [];
  }
}

/** Gives the texts of a node of JSX that people read. */
function shownBy(node: Node, parent: Node | undefined): readonly Node[] {
  if (node.type === 'JSXText') return hasLetters(node.value) ? [node] : [];
  if (node.type === 'JSXAttribute')
    return node.name.type === 'JSXIdentifier' && spoken.has(node.name.name) ? textsOf(node.value) : [];
  const isChild = parent?.type === 'JSXElement' || parent?.type === 'JSXFragment';
  return node.type === 'JSXExpressionContainer' && isChild ? textsOf(node) : [];
}

/** No text that people read stands in a component: all are in `english.ts`, so that they can be translated. */
export const pageTexts: Rule = {
  name: 'page-texts',
  find: (files) => {
    const found: Violation[] = [];
    for (const file of files.filter(({ path }) => path.endsWith('.tsx')))
      walk(file.program, (node, [parent]) => {
        for (const text of shownBy(node, parent))
          found.push(at(file, text, 'a text that people read: put it into english.ts'));
      });
    return found;
  },
};
