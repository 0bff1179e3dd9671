// Holds the direction of the imports inside packages/neocog/src: lower layers never import higher ones, concrete
// backends are named in one place, and no two files import each other by any path (types included). The other
// packages reach the library by its name alone. The table below is the rule; `node scripts/layers.js` checks it.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { root } from './nodes.js';

/**
 * @typedef {object} Layer
 * @property {string} name
 * @property {string[]} holds files, and folders with a slash at the end, relative to packages/neocog/src
 * @property {true} [concrete] a concrete backend, which only a layer marked `choosesBackend` may import
 * @property {true} [choosesBackend]
 */

/**
 * From the bottom. A row may import itself and the rows of lower floors; the rows of one floor do not know each other.
 *
 * @type {Layer[][]}
 */
export const FLOORS = [
  [{ name: 'errors', holds: ['errors.ts'] }],
  [{ name: 'arguments', holds: ['arguments/'] }],
  [
    { name: 'geometry', holds: ['geometry/'] },
    { name: 'types', holds: ['types/'] },
  ],
  [{ name: 'expression', holds: ['expression/'] }],
  [
    {
      name: 'the backend interface',
      holds: [
        'work',
        'graph',
        'rewrite',
        'truncate',
        'normalForm',
        'executable',
        'packed',
        'backend',
        'current',
        'metered',
      ].map((name) => `backends/${name}.ts`),
    },
  ],
  [
    { name: 'backends/reference', holds: ['backends/reference/'], concrete: true },
    { name: 'backends/wasm', holds: ['backends/wasm/'], concrete: true },
    { name: 'backends/webgpu', holds: ['backends/webgpu/'], concrete: true },
  ],
  [{ name: 'tensor', holds: ['tensor/'] }],
  [{ name: 'autograd', holds: ['autograd/'] }],
  [{ name: 'ops', holds: ['ops/'] }],
  [{ name: 'nn', holds: ['nn/'] }],
  [
    { name: 'optim', holds: ['optim/'] },
    { name: 'schedule', holds: ['schedule/'] },
    { name: 'data', holds: ['data/'] },
    { name: 'inspect', holds: ['inspect/'] },
    { name: 'filters', holds: ['filters/'] },
    { name: 'models', holds: ['models/'] },
  ],
  [{ name: 'program', holds: ['program/'] }],
  [{ name: 'settings', holds: ['settings.ts'], choosesBackend: true }],
  [{ name: 'index', holds: ['index.ts'], choosesBackend: true }],
];

/** @typedef {Map<string, string[]>} ImportGraph file → the files it imports, relative to the source folder */

// Alternatives in order: strings (kept), template literals and comments (dropped).
const stringsAndComments =
  /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/.*/g;
const importForms = [
  /^\s*(?:import|export)\b[^'";]*?\bfrom\s*['"]([^'"]+)['"]/gm,
  /^\s*import\s*['"]([^'"]+)['"]/gm,
  /\bimport\(\s*['"]([^'"]+)['"]/g,
];

/**
 * The module names that a source file imports or re-exports, types and dynamic imports included.
 *
 * @param {string} source
 * @returns {string[]}
 */
export function importsOf(source) {
  const code = source.replace(stringsAndComments, (_, string) => string ?? ' ');
  const names = importForms.flatMap((form) => [...code.matchAll(form)].map((match) => match[1] ?? ''));
  return [...new Set(names)];
}

/**
 * @param {string} file relative to the source folder
 * @returns {{ floor: number, layer: Layer } | undefined}
 */
function layerOf(file) {
  const holdsFile = (/** @type {string} */ place) =>
    place.endsWith('/') ? file.startsWith(place) : file === place;
  for (const [floor, layers] of FLOORS.entries()) {
    const layer = layers.find(({ holds }) => holds.some(holdsFile));
    if (layer) return { floor, layer };
  }
  return undefined;
}

/**
 * @param {string} from
 * @param {string} to
 * @returns {string | undefined} the violation in a sentence
 */
function judgeImport(from, to) {
  const source = layerOf(from);
  const target = layerOf(to);
  if (!source || !target || source.layer === target.layer) return undefined;
  const what = `${from} imports ${to}`;
  if (target.layer.concrete && !source.layer.choosesBackend && source.floor > target.floor)
    return `${what}: only settings.ts and index.ts may name a concrete backend.`;
  if (target.floor > source.floor) return `${what}: ${source.layer.name} lies below ${target.layer.name}.`;
  if (target.floor === source.floor)
    return `${what}: ${source.layer.name} and ${target.layer.name} must not know each other.`;
  return undefined;
}

/**
 * Every violation of the table and every cycle, one sentence each.
 *
 * @param {ImportGraph} graph
 * @returns {string[]}
 */
export function judgeGraph(graph) {
  const strangers = [...graph.keys()]
    .filter((file) => !layerOf(file))
    .map((file) => `${file} belongs to no layer: add its folder to the table in scripts/layers.js.`);
  const imports = [...graph].flatMap(([from, targets]) => targets.map((to) => judgeImport(from, to)));
  const cycles = findCycles(graph).map((cycle) => `${cycle.join(' → ')} is a cycle of imports.`);
  return [...strangers, ...imports.filter((sentence) => sentence !== undefined), ...cycles];
}

/**
 * One cycle for every import that closes one, found by a depth-first walk.
 *
 * @param {ImportGraph} graph
 * @returns {string[][]} each with its first file again at the end
 */
export function findCycles(graph) {
  /** @type {string[][]} */
  const cycles = [];
  /** @type {Set<string>} */
  const done = new Set();
  /** @type {string[]} */
  const path = [];
  const visit = (/** @type {string} */ file) => {
    const start = path.indexOf(file);
    if (start >= 0) cycles.push([...path.slice(start), file]);
    if (start >= 0 || done.has(file)) return;
    path.push(file);
    for (const target of graph.get(file) ?? []) visit(target);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return cycles;
}

/**
 * @param {string} folder
 * @returns {string[]} its sources without tests, relative to it, with forward slashes
 */
function sourcesOf(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(sep).join('/'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.endsWith('.d.ts'))
    .sort();
}

/**
 * @param {string} folder
 * @returns {ImportGraph}
 */
export function readGraph(folder) {
  return new Map(
    sourcesOf(folder).map((file) => {
      const names = importsOf(readFileSync(join(folder, file), 'utf8'));
      const local = names.filter((name) => name.startsWith('.'));
      return [file, local.map((name) => posix.join(posix.dirname(file), name))];
    }),
  );
}

/**
 * How another package may reach its neighbours: by name, never through a path or an inner file.
 *
 * @param {string} file relative to the package
 * @param {string} source
 * @returns {string[]}
 */
export function judgeOutsider(file, source) {
  const depth = file.split('/').length - 1;
  return importsOf(source)
    .filter((name) => /^(?:neocog|@neocog\/[^/]+)\/./.test(name) || name.startsWith('../'.repeat(depth + 1)))
    .map((name) => `${file} imports ${name}: other packages are imported by their name alone.`);
}

/** @returns {string[]} */
function judgeOutsiders() {
  const packages = ['formats', 'cli'].map((name) => join(root, 'packages', name));
  return packages.flatMap((folder) =>
    sourcesOf(join(folder, 'src')).flatMap((file) => {
      const path = join(folder, 'src', file);
      const shown = relative(dirname(folder), folder);
      return judgeOutsider(`src/${file}`, readFileSync(path, 'utf8')).map(
        (sentence) => `${shown}/${sentence}`,
      );
    }),
  );
}

/** Prints what is wrong; sets the exit code. */
function main() {
  const graph = readGraph(join(root, 'packages/neocog/src'));
  const violations = [...judgeGraph(graph), ...judgeOutsiders()];
  for (const sentence of violations) console.error(sentence);
  if (violations.length === 0)
    console.log(`layers: ${graph.size} files, every import points down, no cycles`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}

if (process.argv[1] && import.meta.url.endsWith(posix.basename(process.argv[1].split(sep).join('/')))) main();
