// The mutants of a source file: small changes of its code that some test should notice. Types, imports, texts and the
// words of errors are left alone. The kinds are the usual ones (Jia and Harman 2011); Vite's parser finds the places.

import { parseSync } from 'vite';

/**
 * @typedef {object} Mutant
 * @property {string} file path from the root
 * @property {number} start of what is replaced, in UTF-16 units
 * @property {number} end
 * @property {string} replacement
 * @property {string} kind
 * @property {number} line from 1
 */

/** @typedef {Record<string, unknown> & { type: string, start: number, end: number }} Node */

/** @typedef {(node: Node, text: (node: Node) => string) => { node?: Node, kind: string, replacement: string }[]} Rule */

const swaps = new Map(
  Object.entries({
    '+': ['-'],
    '-': ['+'],
    '*': ['/'],
    '/': ['*'],
    '%': ['*'],
    '**': ['*'],
    '<': ['<=', '>='],
    '<=': ['<', '>'],
    '>': ['>=', '<='],
    '>=': ['>', '<'],
    '===': ['!=='],
    '!==': ['==='],
    '&&': ['||'],
    '||': ['&&'],
    '??': ['&&'],
    '<<': ['>>'],
    '>>': ['<<'],
    '>>>': ['<<'],
    '&': ['|'],
    '|': ['&'],
    '+=': ['-='],
    '-=': ['+='],
    '*=': ['/='],
    '/=': ['*='],
    '??=': ['='],
    '&&=': ['='],
    '||=': ['='],
  }),
);

const methods = new Map(
  Object.entries({
    min: 'max',
    max: 'min',
    floor: 'ceil',
    ceil: 'floor',
    some: 'every',
    every: 'some',
    push: 'unshift',
    unshift: 'push',
    includes: 'startsWith',
    indexOf: 'lastIndexOf',
    find: 'findLast',
    findIndex: 'findLastIndex',
    at: 'slice',
  }),
);

/** Calls that hand on what they are called on, more or less. */
const droppable = new Set(['filter', 'reverse', 'sort', 'slice', 'trim', 'toReversed', 'toSorted']);

/** @param {unknown} value @returns {value is Node} */
const isNode = (value) => typeof value === 'object' && value !== null && 'type' in value && 'start' in value;

/** @param {unknown} node */
const isText = (node) =>
  isNode(node) &&
  (node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof node.value === 'string'));

/** @type {Rule} */
function operators(node, text) {
  const { operator, left, right } = node;
  if (!isNode(left) || !isNode(right) || isText(left) || isText(right)) return [];
  const kind = `operator ${operator}`;
  return (swaps.get(String(operator)) ?? []).map((other) => {
    const between = { ...node, start: left.end, end: right.start };
    return { node: between, kind, replacement: text(between).replace(String(operator), () => other) };
  });
}

/** @type {Rule} */
function literals({ value }) {
  if (typeof value === 'boolean') return [{ kind: 'boolean', replacement: String(!value) }];
  if (typeof value !== 'number') return [];
  const others = value > 1 ? [value + 1, value - 1] : [value === 0 ? 1 : value + 1];
  return others.map((other) => ({ kind: 'number', replacement: String(other) }));
}

/** @type {Rule} */
function conditions({ test }) {
  if (!isNode(test)) return [];
  return ['true', 'false'].map((value) => ({ node: test, kind: 'condition', replacement: value }));
}

/** @type {Rule} */
function loops({ test }) {
  return isNode(test) ? [{ node: test, kind: 'condition', replacement: 'false' }] : [];
}

/** @type {Rule} */
function statements(node) {
  const { expression } = node;
  const isWork =
    isNode(expression) && !isAssertion(expression) && /^(Call|Assignment|Update|Await)/.test(expression.type);
  return isWork ? [{ kind: 'statement removed', replacement: ';' }] : [];
}

/** Functions whose two arguments may change places. */
const commutative = /(^|\.)(add|mul|max|min|maximum|minimum|eq|equal|ne|notEqual|and|or|xor)$/;

/** @type {Rule} */
function calls(node, text) {
  const { callee, arguments: given } = node;
  const found = [];
  const [a, b] = /** @type {Node[]} */ (given);
  const plain = [a, b].every((arg) => arg && !/Function|Spread/.test(arg.type) && !isText(arg));
  const isEither = isNode(callee) && commutative.test(text(callee));
  if (plain && !isEither && text(a) !== text(b)) {
    const both = { ...node, start: a.start, end: b.end };
    const between = text({ ...node, start: a.end, end: b.start });
    found.push({ node: both, kind: 'arguments swapped', replacement: text(b) + between + text(a) });
  }
  if (!isNode(callee) || callee.type !== 'MemberExpression') return found;
  const { property, object } = /** @type {{ property: Node, object: Node }} */ (
    /** @type {unknown} */ (callee)
  );
  const name = String(property.name);
  const other = methods.get(name);
  if (other) found.push({ node: property, kind: `.${name}`, replacement: other });
  if (droppable.has(name)) found.push({ kind: `.${name} dropped`, replacement: text(object) });
  return found;
}

/** @type {Rule} */
const unaries = ({ operator, argument }, text) =>
  isNode(argument) && (operator === '-' || operator === '!')
    ? [{ kind: `operator ${operator}`, replacement: `(${text(argument)})` }]
    : [];

/** @type {Rule} */
function updates(node, text) {
  const [from, to] = node.operator === '++' ? ['++', '--'] : ['--', '++'];
  return [{ kind: `operator ${from}`, replacement: text(node).replace(from, to) }];
}

/** @type {Rule} */
const results = ({ argument }) =>
  isNode(argument) ? [{ node: argument, kind: 'result removed', replacement: 'undefined' }] : [];

/** @type {Record<string, Rule>} */
const rules = {
  BinaryExpression: operators,
  LogicalExpression: operators,
  AssignmentExpression: operators,
  Literal: literals,
  IfStatement: conditions,
  ConditionalExpression: conditions,
  WhileStatement: loops,
  ForStatement: loops,
  ExpressionStatement: statements,
  ContinueStatement: () => [{ kind: 'statement removed', replacement: ';' }],
  BreakStatement: () => [{ kind: 'statement removed', replacement: ';' }],
  CallExpression: calls,
  UnaryExpression: unaries,
  UpdateExpression: updates,
  ReturnStatement: results,
};

/** What has no tests to notice it: types, what is imported, and the words of an error. */
const skippedTypes = /^(TS(?!As|NonNull|Satisfies)|Import|ExportAll|ThrowStatement)/;
const skippedKeys = new Set([
  'typeAnnotation',
  'returnType',
  'typeParameters',
  'typeArguments',
  'superTypeArguments',
]);

/** @param {Node} node @returns {boolean} */
const isAssertion = ({ type, callee }) =>
  type === 'CallExpression' && isNode(callee) && callee.name === 'assert';

/** @param {unknown} value @param {(node: Node) => void} visit */
function walk(value, visit) {
  if (Array.isArray(value)) for (const each of value) walk(each, visit);
  if (!isNode(value) || skippedTypes.test(value.type) || isAssertion(value)) return;
  visit(value);
  for (const [key, child] of Object.entries(value)) if (!skippedKeys.has(key)) walk(child, visit);
}

/**
 * @param {string} file path from the root
 * @param {string} source
 * @returns {Mutant[]}
 */
export function mutantsOf(file, source) {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0].message}`);
  /** @type {Mutant[]} */
  const found = [];
  const text = (/** @type {Node} */ { start, end }) => source.slice(start, end);
  walk(program, (node) => {
    for (const { node: place = node, kind, replacement } of rules[node.type]?.(node, text) ?? []) {
      const { start, end } = place;
      const line = source.slice(0, start).split('\n').length;
      if (replacement !== text(place)) found.push({ file, start, end, replacement, kind, line });
    }
  });
  return found;
}

/** @param {string} source @param {Mutant} mutant */
export const apply = (source, { start, end, replacement }) =>
  source.slice(0, start) + replacement + source.slice(end);

/** The changed lines before and after. @param {string} source @param {Mutant} mutant */
export function describe(source, mutant) {
  const changed = apply(source, mutant);
  const from = source.lastIndexOf('\n', mutant.start - 1) + 1;
  const lineFrom = (/** @type {string} */ text, /** @type {number} */ end) => {
    const stop = text.indexOf('\n', end);
    return text.slice(from, stop < 0 ? text.length : stop);
  };
  const before = lineFrom(source, mutant.end);
  const after = lineFrom(changed, mutant.start + mutant.replacement.length);
  return { before, after };
}
