import type { Node } from 'oxc-parser';
import { at, type Rule, roomOf, type SourceFile, walk } from './source-file.ts';

const gap = '\uFFFC';
const innerMessage = /(message|why|reason|advice|hint|sentence|explanation|complaint)(\(.*\))?$/i;

/** The text of a string, a template or a sum of those, a gap for what is known only at run time. */
function textOf(node: Node | undefined, file: SourceFile): string | undefined {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node?.type === 'TemplateLiteral')
    return node.quasis
      .map(({ value }, i) => (value.cooked ?? '') + gapOf(node.expressions[i], file))
      .join('');
  if (node?.type === 'BinaryExpression' && node.operator === '+') {
    const left = textOf(node.left, file);
    const right = textOf(node.right, file);
    return left === undefined && right === undefined
      ? undefined
      : (left ?? gapOf(node.left, file)) + (right ?? gapOf(node.right, file));
  }
  return undefined;
}

/** A gap; one that holds a whole message of its own counts as a sentence. */
const gapOf = (node: Node | undefined, file: SourceFile): string => {
  if (node === undefined) return '';
  return innerMessage.test(file.text.slice(node.start, node.end)) ? `${gap}.` : gap;
};

/** The message of a thrown or returned error, if it is written where it is made. */
function messageOf(node: Node, parent: Node | undefined, file: SourceFile): string | undefined {
  if (node.type === 'NewExpression' && node.callee.type === 'Identifier' && /Error$/.test(node.callee.name))
    return textOf(node.arguments[node.callee.name === 'SnapshelfError' ? 1 : 0], file);
  const helper =
    node.type === 'CallExpression' && parent?.type === 'ThrowStatement' ? node.arguments[0] : undefined;
  const text = textOf(helper, file);
  return text?.includes(' ') ? text : undefined;
}

/** Tells how a message breaks the form; undefined if it keeps it. */
export function complaintAbout(message: string): string | undefined {
  const argument = /^(--)?[a-z\uFFFC][\w.\uFFFC[\]-]* must /i.test(message);
  if (!argument && !/^[A-Z0-9"'“\uFFFC]/.test(message)) return 'the message begins with a lower-case letter';
  if (/^\uFFFC\.?: [a-z](?![\w.-]* must )/.test(message))
    return 'what follows the colon begins with a lower-case letter';
  return /\.["”)]?$/.test(message) ? undefined : 'the message does not end with a full stop';
}

/** Messages of errors are sentences: first letter upper case, or the name of an argument and "must"; full stop. */
export const messages: Rule = {
  name: 'messages',
  find: (files) =>
    files.flatMap((file) => {
      const found: ReturnType<typeof at>[] = [];
      walk(file.program, (node, [parent]) => {
        const message = messageOf(node, parent, file);
        const complaint = message === undefined ? undefined : complaintAbout(message);
        if (complaint !== undefined)
          found.push(at(file, node, `${complaint}: ${message?.replaceAll(gap, '…')}`));
      });
      return found;
    }),
};

/** A switch of a command line in a sentence. Styles (in braces) and commands of npm are none of ours. */
const speaksOfFlag = (text: string): boolean =>
  /(^|[\s"'(])--[a-z]/.test(text) && /\s/.test(text) && !/\{|npm (install|rebuild)/.test(text);

/** Texts outside `cli/` do not speak of its flags: who uses the package or the API has none. */
export const flags: Rule = {
  name: 'flags',
  find: (files) =>
    files
      .filter(({ path }) => roomOf(path) !== 'cli')
      .flatMap((file) => {
        const found: ReturnType<typeof at>[] = [];
        walk(file.program, (node) => {
          const text = textOf(node, file);
          if (text === undefined || !speaksOfFlag(text)) return true;
          found.push(at(file, node, `the text speaks of a flag: ${text.replaceAll(gap, '…')}`));
          return false;
        });
        return found;
      }),
};
