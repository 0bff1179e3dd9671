// Holds the direction of the imports inside each package's src: lower layers never import higher ones, concrete
// backends are named in one place, and no two files import each other by any path (types included). Packages reach each
// other by name alone, and so does apps/lab, which sees what they publish. The tables of layerTables.js are the rule; `node scripts/layers.js` checks them.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { FLOORS, labFloors } from './layerTables.js';
import { root } from './nodes.js';

/** @typedef {import('./layerTables.js').Layer} Layer */
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
 * @param {Layer[][]} floors
 * @param {string} file relative to the source folder
 * @returns {{ floor: number, layer: Layer } | undefined}
 */
function layerOf(floors, file) {
  const holdsFile = (/** @type {string} */ place) =>
    place.endsWith('/') ? file.startsWith(place) : file === place;
  for (const [floor, layers] of floors.entries()) {
    const layer = layers.find(({ holds }) => holds.some(holdsFile));
    if (layer) return { floor, layer };
  }
  return undefined;
}

/**
 * @param {Layer[][]} floors
 * @param {string} from
 * @param {string} to
 * @returns {string | undefined} the violation in a sentence
 */
function judgeImport(floors, from, to) {
  const source = layerOf(floors, from);
  const target = layerOf(floors, to);
  if (!source || !target || source.layer === target.layer) return undefined;
  const what = `${from} imports ${to}`;
  if (target.layer.concrete && !source.layer.choosesBackend && source.floor > target.floor)
    return `${what}: only settings.ts and index.ts may name a concrete backend.`;
  if (target.floor > source.floor) return `${what}: ${source.layer.name} lies below ${target.layer.name}.`;
  if (target.floor === source.floor || source.layer.avoids?.includes(target.layer.name))
    return `${what}: ${source.layer.name} and ${target.layer.name} must not know each other.`;
  return undefined;
}

/**
 * Every violation of the table and every cycle, one sentence each.
 *
 * @param {ImportGraph} graph
 * @param {Layer[][]} [floors]
 * @returns {string[]}
 */
export function judgeGraph(graph, floors = FLOORS.neocog) {
  const strangers = [...graph.keys()]
    .filter((file) => !layerOf(floors, file))
    .map((file) => `${file} belongs to no layer: add its folder to the table in scripts/layerTables.js.`);
  const imports = [...graph].flatMap(([from, targets]) => targets.map((to) => judgeImport(floors, from, to)));
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
    .filter((file) => /\.(ts|svelte)$/.test(file) && !/\.(test|d)\.ts$/.test(file))
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

/** What packages open to each other beside their names: their exports in package.json. */
const openings = new Set(['neocog/arguments', 'neocog/folders', 'neocog/pixels', 'neocog/whole']);

/**
 * How another package may reach its neighbours: by name, never through a path or an inner file.
 *
 * @param {string} file relative to the package
 * @param {string} source
 * @returns {string[]}
 */
export function judgeOutsider(file, source) {
  const depth = file.split('/').length - 1;
  const isInner = (/** @type {string} */ name) =>
    /^(?:neocog|@neocog\/[^/]+)\/./.test(name) && !openings.has(name);
  return importsOf(source)
    .filter((name) => isInner(name) || name.startsWith('../'.repeat(depth + 1)))
    .map((name) => `${file} imports ${name}: other packages are imported by their name alone.`);
}

/**
 * @param {string} folder a package's src
 * @returns {string[]}
 */
const judgeOutsiders = (folder) =>
  sourcesOf(folder).flatMap((file) => judgeOutsider(`src/${file}`, readFileSync(join(folder, file), 'utf8')));

/** What a page may import besides its own files: the packages by their names, Svelte, what lays out the drawing of a network, and what zips files. */
const forPages = /^(?:neocog|@neocog\/(?:formats|vision|audio)|svelte(?:\/.+)?|@dagrejs\/dagre|fflate)$/;

/**
 * @param {string} file relative to the app's src
 * @param {string} source
 * @returns {string[]}
 */
export function judgePage(file, source) {
  const depth = file.split('/').length - 1;
  const isAllowed = (/** @type {string} */ name) =>
    name.startsWith('.') ? !name.startsWith('../'.repeat(depth + 1)) : forPages.test(name);
  return importsOf(source)
    .filter((name) => !isAllowed(name))
    .map(
      (name) => `${file} imports ${name}: a page uses the public packages by their names, and its own files.`,
    );
}

/** @param {string} folder an app's src @returns {string[]} */
const judgePages = (folder) =>
  sourcesOf(folder).flatMap((file) => judgePage(file, readFileSync(join(folder, file), 'utf8')));

/** Prints what is wrong; sets the exit code. */
function main() {
  let files = 0;
  /** @type {[place: string, floors: Layer[][], judge: (folder: string) => string[]][]} */
  const parts = [
    ...Object.entries(FLOORS).map(
      ([name, floors]) =>
        /** @type {[string, Layer[][], typeof judgeOutsiders]} */ ([
          `packages/${name}`,
          floors,
          judgeOutsiders,
        ]),
    ),
    ['apps/lab', labFloors, judgePages],
  ];
  const violations = parts.flatMap(([place, floors, judge]) => {
    const folder = join(root, place, 'src');
    const graph = readGraph(folder);
    files += graph.size;
    return [...judgeGraph(graph, floors), ...judge(folder)].map((sentence) => `${place}: ${sentence}`);
  });
  for (const sentence of violations) console.error(sentence);
  if (violations.length === 0) console.log(`layers: ${files} files, every import points down, no cycles`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}

if (process.argv[1] && import.meta.url.endsWith(posix.basename(process.argv[1].split(sep).join('/')))) main();
