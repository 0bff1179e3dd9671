// What an editor shows over a public name: every one must say something. Public is what a package's src/index.ts exports,
// the interfaces and classes that such a declaration names (the options of a function, what it returns, what a class
// extends), and the members of all of these. Looks at sources, so that it needs no build. What it does not ask for: text
// for a member that overrides one with text, for a tag such as `kind: 'conv'`, for private members, and for what the
// type system computes (src/types). `npm run lint` runs it.

import { join, posix, relative, sep } from 'node:path';
import * as ast from 'typescript/unstable/ast';
import { API, SymbolFlags } from 'typescript/unstable/sync';
import { root } from './nodes.js';

/** @import { Node } from 'typescript/unstable/ast' */
/** @import { Project, Symbol as Declared } from 'typescript/unstable/sync' */

/** @typedef {{ names: number, silent: string[] }} Findings how many names there are, and those without a text: `file:line name` */

const { SyntaxKind } = ast;

const memberKinds = new Set([
  SyntaxKind.PropertySignature,
  SyntaxKind.MethodSignature,
  SyntaxKind.PropertyDeclaration,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.GetAccessor,
  SyntaxKind.SetAccessor,
]);

const functionKinds = new Set([
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.ArrowFunction,
  SyntaxKind.FunctionExpression,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.GetAccessor,
]);

/**
 * The parts of declarations that the walk reads; a node has those of its kind.
 *
 * @typedef {Node & {
 *   name?: Node, type?: Node, typeName?: Node, expression?: Node, initializer?: Node, body?: Node,
 *   modifiers?: readonly Node[],
 * }} Part
 */

/** One walk over what a package makes public. */
class Walk {
  /** @type {Set<number>} symbols, by their numbers */
  #seen = new Set();
  /** @type {{ symbol: Declared, name: string, isExport: boolean }[]} */
  #queue = [];
  #names = 0;
  /** @type {string[]} */
  #silent = [];

  /** @param {Project} project @param {string} source the folder, with a slash at the end */
  constructor(project, source) {
    this.project = project;
    this.checker = project.checker;
    this.source = source;
    // A symbol's paths are in lower case where files do not tell it from upper case.
    this.places = source.toLowerCase();
  }

  /** @returns {Findings} */
  run() {
    const index = this.project.program.getSourceFile(`${this.source}index.ts`);
    const module = index && this.checker.getSymbolAtLocation(index);
    if (!module) throw new Error(`${this.source}index.ts is not a module of ${this.project.configFileName}.`);
    this.#reachExports(module, '');
    for (let next = this.#queue.pop(); next; next = this.#queue.pop()) this.#visit(next);
    const { compare } = new Intl.Collator('en', { numeric: true });
    return { names: this.#names, silent: this.#silent.sort(compare) };
  }

  /** @param {Declared} module @param {string} prefix */
  #reachExports(module, prefix) {
    for (const symbol of this.checker.getExportsOfModule(module)) {
      const target = this.#targetOf(symbol);
      if (target.flags & SymbolFlags.ValueModule) this.#reachExports(target, `${prefix}${symbol.name}.`);
      else this.#reach(target, prefix + symbol.name, true);
    }
  }

  /** @param {Declared} symbol */
  #targetOf(symbol) {
    return symbol.flags & SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
  }

  /** @param {Declared | undefined} symbol @param {string} name @param {boolean} isExport */
  #reach(symbol, name, isExport) {
    if (!symbol) return;
    const target = this.#targetOf(symbol);
    if (this.#seen.has(target.id) || this.#declarationsOf(target).length === 0) return;
    this.#seen.add(target.id);
    this.#queue.push({ symbol: target, name, isExport });
  }

  /** Those in this package. @param {Declared} symbol @returns {Part[]} */
  #declarationsOf(symbol) {
    return symbol.declarations
      .filter(({ path }) => this.#isSeen(path.toLowerCase()))
      .flatMap((handle) => handle.resolve(this.project) ?? [])
      .filter(({ kind }) => kind !== SyntaxKind.TypeParameter);
  }

  /** @param {string} path */
  #isSeen(path) {
    return path.startsWith(this.places) && !path.startsWith(`${this.places}types/`);
  }

  /** @param {{ symbol: Declared, name: string, isExport: boolean }} reached */
  #visit({ symbol, name, isExport }) {
    const declarations = this.#declarationsOf(symbol);
    const [first] = declarations;
    if (isExport || ast.isInterfaceDeclaration(first) || ast.isClassDeclaration(first))
      this.#note(symbol, name, first);
    for (const declaration of declarations) this.#walk(declaration, name);
  }

  /** @param {Declared} symbol @param {string} name @param {Part} node */
  #note(symbol, name, node) {
    this.#names++;
    if (symbol.getDocumentationComment(this.checker) !== '') return;
    const file = node.getSourceFile();
    const line = file.text.slice(0, node.getStart(file)).split('\n').length;
    this.#silent.push(`${relative(root, file.fileName).split(sep).join('/')}:${line} ${name}`);
  }

  /** Notes the members in a declaration or a type, and reaches what it names. @param {Part} node @param {string} name */
  #walk(node, name) {
    if (isHidden(node)) return;
    const inner = memberKinds.has(node.kind) ? this.#member(node, name) : name;
    const named = node.kind === SyntaxKind.TypeReference ? node.typeName : heritageOf(node);
    if (named) this.#reach(this.checker.getSymbolAtLocation(named), named.getText(), false);
    this.#reachInferred(node, inner);
    for (const child of partsOf(node)) this.#walk(child, inner);
  }

  /** @param {Part} node @param {string} owner @returns {string} the member's name with its owner's */
  #member(node, owner) {
    const name = `${owner}.${node.name?.getText() ?? ''}`;
    const symbol = node.name && this.checker.getSymbolAtLocation(node.name);
    if (!symbol || this.#seen.has(symbol.id)) return name;
    this.#seen.add(symbol.id);
    if (!isTag(node)) this.#note(symbol, name, node);
    return name;
  }

  /** A type that is not written: of a value, or of what a function returns. @param {Part} node @param {string} name */
  #reachInferred(node, name) {
    if (node.type) return;
    const type = functionKinds.has(node.kind) ? this.#returnType(node) : this.#valueType(node);
    this.#reach(type?.getAliasSymbol() ?? type?.getSymbol(), name, false);
  }

  /** @param {Part} node */
  #returnType(node) {
    const signature = this.checker.getSignatureFromDeclaration(node);
    return signature && this.checker.getReturnTypeOfSignature(signature);
  }

  /** @param {Part} node */
  #valueType(node) {
    const hasValue = ast.isVariableDeclaration(node) || ast.isPropertyDeclaration(node);
    return hasValue ? this.checker.getTypeAtLocation(node) : undefined;
  }
}

/** The name in an `extends` or `implements`. @param {Part} node */
const heritageOf = (node) =>
  node.kind === SyntaxKind.ExpressionWithTypeArguments ? node.expression : undefined;

/** @param {Part} node @param {...ast.SyntaxKind} kinds */
const has = ({ modifiers = [] }, ...kinds) => modifiers.some(({ kind }) => kinds.includes(kind));

/** A private member, or the constructor of an abstract class, which nobody outside calls. @param {Part} node */
const isHidden = (node) =>
  node.name?.kind === SyntaxKind.PrivateIdentifier ||
  has(node, SyntaxKind.PrivateKeyword, SyntaxKind.ProtectedKeyword) ||
  (ast.isConstructorDeclaration(node) && has(node.parent, SyntaxKind.AbstractKeyword));

/** Is its type, which hovering shows, one text? @param {Part} node */
function isTag({ type, initializer }) {
  const literal = type && ast.isLiteralTypeNode(type) ? type.literal : initializer;
  return literal?.kind === SyntaxKind.StringLiteral;
}

/** Children that are seen from outside. Of a conditional type these are its results. @param {Part} node @returns {Part[]} */
function partsOf(node) {
  if (ast.isConditionalTypeNode(node)) return [node.trueType, node.falseType];
  /** @type {Part[]} */
  const parts = [];
  node.forEachChild((child) => {
    if (child !== node.body && child !== node.initializer && !ast.isDecorator(child)) parts.push(child);
  });
  return parts;
}

/**
 * The public names of packages, and those that say nothing.
 *
 * @param {string[]} folders absolute, each with a tsconfig.json and a src/index.ts
 * @returns {Findings[]}
 */
export function findSilent(folders) {
  const api = new API({ cwd: root });
  try {
    const configs = folders.map((folder) => join(folder, 'tsconfig.json').split(sep).join('/'));
    const snapshot = api.updateSnapshot({ openProjects: configs });
    return configs.map((config) => {
      const project = snapshot.getProject(config);
      if (!project) throw new Error(`${config} was not found.`);
      return new Walk(project, `${posix.dirname(config)}/src/`).run();
    });
  } finally {
    api.close();
  }
}

/** Prints what says nothing; sets the exit code. */
function main() {
  const found = findSilent(
    ['neocog', 'formats', 'vision', 'audio', 'cluster'].map((name) => join(root, 'packages', name)),
  );
  const silent = found.flatMap((findings) => findings.silent);
  for (const line of silent) console.error(`${line} says nothing on hover: give it a comment /** … */.`);
  const names = found.reduce((sum, findings) => sum + findings.names, 0);
  console.log(`hover: ${names} public names, ${silent.length} of them say nothing`);
  process.exitCode = silent.length === 0 ? 0 : 1;
}

if (process.argv[1] && import.meta.url.endsWith(posix.basename(process.argv[1].split(sep).join('/')))) main();
