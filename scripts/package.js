// The packages as a user gets them: packed, installed together in an empty folder, imported in every Node, bundled for
// a browser, and type-checked from outside, by old compilers too. Run after `tsc -b`. Ends with a line a package, or the
// first thing wrong. `--out FOLDER` keeps the packages, for `npm install` or `npm publish`.

import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { nodeEngines, root } from './nodes.js';
import { addressOf, publishedManifest, publishedReadme } from './published.js';

/**
 * @typedef {object} Packed
 * @property {string} name
 * @property {string} version
 * @property {string} filename of the tarball
 * @property {number} size of the tarball in bytes
 * @property {{ path: string }[]} files
 */

/**
 * @typedef {Record<string, unknown> & {
 *   name: string,
 *   files: string[],
 *   peerDependencies?: Record<string, string>,
 *   peerDependenciesMeta?: Record<string, { optional?: boolean }>,
 * }} Manifest
 */

/** @param {string} message @returns {never} */
function fail(message) {
  throw new Error(message);
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 */
function run(command, args, cwd) {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout, stderr } = /** @type {{ stdout: string, stderr: string }} */ (error);
    return fail(`\`${[command, ...args].join(' ')}\` failed:\n${stdout}${stderr}`);
  }
}

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** @returns {Map<string, string>} package name → its folder */
function packageFolders() {
  const folder = join(root, 'packages');
  const folders = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'package.json')));
  return new Map(folders.map((name) => [readManifest(join(folder, name)).name, join(folder, name)]));
}

/** @param {string} folder @returns {Manifest} */
const readManifest = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/**
 * Copies what a package holds, its README and manifest as they are to be published.
 *
 * @param {string} folder of the package
 * @param {string} destination
 * @returns {string} the copy
 */
function stage(folder, destination) {
  const place = relative(root, folder).split(sep).join('/');
  const staged = join(destination, place);
  const manifest = readManifest(folder);
  for (const name of ['LICENSE', ...manifest.files.filter((name) => !name.startsWith('!'))])
    cpSync(join(folder, name), join(staged, name), { recursive: true });
  const address = addressOf(readManifest(root).repository);
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  writeFileSync(join(staged, 'README.md'), publishedReadme(readme, place, address));
  const published = publishedManifest(manifest, place, address);
  writeFileSync(join(staged, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
  return staged;
}

/**
 * @param {string} folder of the package
 * @param {string} destination
 * @returns {Packed}
 */
function pack(folder, destination) {
  const printed = run(npm, ['pack', '--json', '--pack-destination', destination], folder);
  return JSON.parse(printed)[0] ?? fail(`npm pack printed nothing for ${folder}`);
}

/** @param {Packed} packed @param {string} folder of the package */
function checkContents({ name, files }, folder) {
  const paths = files.map(({ path }) => path);
  const hosted = paths.filter((path) => path.endsWith('.wasm') || path.endsWith('.node'));
  if (hosted.length > 0) fail(`${name} packs a binary: ${hosted.join(', ')}.`);
  const isStale = (/** @type {string} */ path) =>
    path.startsWith('dist/') &&
    path.endsWith('.js') &&
    !existsSync(join(folder, path.replace(/^dist\//, 'src/').replace(/\.js$/, '.ts')));
  const stale = paths.filter(isStale);
  if (stale.length > 0)
    fail(`${name} packs files without a source; delete ${relative(root, folder)}/dist: ${stale.join(', ')}.`);
  if (paths.some((path) => path.includes('.test.'))) fail(`${name} packs tests.`);
}

/** Every source that a map names is in the package, or in the map. @param {string} folder of the installed package */
function checkMaps(folder) {
  const maps = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.map'),
  );
  for (const map of maps) {
    const { sources, sourcesContent = [] } = JSON.parse(readFileSync(join(folder, map), 'utf8'));
    const lost = sources.find(
      (/** @type {string} */ source, /** @type {number} */ i) =>
        typeof sourcesContent[i] !== 'string' && !existsSync(join(folder, dirname(map), source)),
    );
    if (lost) fail(`${relative(root, folder)}: ${map} names ${lost}, which is not in the package`);
  }
  return maps.length;
}

/** What the libraries need beside them, which the user installs; nothing else stands in their manifests. */
const beside = { neocog: [], '@neocog/vision': ['neocog'], '@neocog/audio': ['neocog'] };

/** The libraries stand alone. @param {string} folder */
function checkDependencies(folder) {
  const { name, peerDependencies = {}, peerDependenciesMeta = {}, ...manifest } = readManifest(folder);
  const kinds = ['dependencies', 'optionalDependencies', 'bundleDependencies'];
  const present = kinds.filter((kind) => kind in manifest);
  if (present.length > 0)
    fail(`${name} must have no runtime dependencies, but its package.json has ${present.join(' and ')}.`);
  const needed = Object.keys(peerDependencies).filter((peer) => !peerDependenciesMeta[peer]?.optional);
  const allowed = beside[/** @type {keyof typeof beside} */ (name)];
  if (needed.join() !== allowed.join())
    fail(`${name} must need ${allowed.join() || 'no package'} beside it, not ${needed.join() || 'none'}.`);
}

/** @param {string} tarball */
async function lint(tarball) {
  const bytes = readFileSync(tarball);
  const contents = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const { messages, pkg } = await publint({ pack: { tarball: contents }, strict: true, level: 'warning' });
  const sentences = messages.map((message) => formatMessage(message, pkg, { color: false }));
  if (sentences.length > 0) fail(`publint, ${pkg.name}: ${sentences.join('; ')}`);
}

/**
 * @param {string} folder an empty one
 * @param {string[]} tarballs
 */
function install(folder, tarballs) {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  run(npm, ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...tarballs], folder);
}

/** @param {string} folder the installed one @param {string} version that the library must state */
function importEverywhere(folder, version) {
  const smoke = `import { NeocogError, version } from 'neocog';
import { need, text } from 'neocog/arguments';
import 'neocog/folders';
import 'neocog/pixels';
import 'neocog/whole';
import '@neocog/formats';
import '@neocog/vision';
import '@neocog/audio';
import '@neocog/cluster';
try {
  need('smoke', 'option', 1, text);
} catch (error) {
  if (!(error instanceof NeocogError)) throw error;
}
if (version !== '${version}') throw new Error('neocog says it is ' + version + ', its package.json says ${version}');
`;
  writeFileSync(join(folder, 'smoke.js'), smoke);
  for (const { name, path } of nodeEngines()) {
    run(path, ['smoke.js'], folder);
    run(path, ['node_modules/@neocog/cli/dist/bin.js', '--help'], folder);
    console.log(`imported in ${name}`);
  }
}

/** @param {string} folder the installed one */
async function bundleForBrowser(folder) {
  const entryPoints = [join(folder, 'smoke.js')];
  const external = ['node:*'];
  await build({
    entryPoints,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    external,
    write: false,
    logLevel: 'error',
  });
  console.log('bundled for a browser');
}

/** Compilers of other versions, pinned in a package of their own. */
const compilers = join(root, 'scripts/compilers');

/** @returns {{ name: string, tsc: string }[]} this repository's compiler and those of other versions */
function allCompilers() {
  run(npm, ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], compilers);
  const { dependencies } = JSON.parse(readFileSync(join(compilers, 'package.json'), 'utf8'));
  const others = Object.keys(dependencies).map((name) => ({
    name,
    tsc: join(compilers, 'node_modules', name, 'bin/tsc'),
  }));
  return [{ name: 'typescript', tsc: join(root, 'node_modules/typescript/bin/tsc') }, ...others];
}

/** With the libraries of a page and with none, without skipLibCheck. @param {string} folder the installed one */
function checkTypes(folder) {
  const consumer = `import * as neocog from 'neocog';
import { type Field, whole } from 'neocog/arguments';
import * as formats from '@neocog/formats';
import * as vision from '@neocog/vision';
import * as audio from '@neocog/audio';
import * as cluster from '@neocog/cluster';
export const version: string = neocog.version;
export const names: string[] = [formats, vision, audio, cluster].flatMap((each) => Object.keys(each));
export const size: Field<number> = whole(1);
export const shape: readonly number[] = neocog.randn([1, 3, 8, 8]).shape;
`;
  writeFileSync(join(folder, 'consumer.ts'), consumer);
  for (const { name, tsc } of allCompilers()) {
    for (const [module, resolution, lib] of /** @type {const} */ ([
      ['nodenext', 'nodenext', ['es2022']],
      ['esnext', 'bundler', ['es2022', 'dom']],
    ])) {
      const options = { noEmit: true, strict: true, target: 'es2022', types: [], lib, module };
      const compilerOptions = { ...options, moduleResolution: resolution };
      writeFileSync(
        join(folder, 'tsconfig.json'),
        JSON.stringify({ compilerOptions, files: ['consumer.ts'] }),
      );
      run(process.execPath, [tsc, '-p', '.'], folder);
    }
    console.log(`types hold in ${name}, with and without the DOM`);
  }
}

/** Copies the packages to where the command line says. @param {string[]} tarballs */
function keep(tarballs) {
  const { out } = parseArgs({ options: { out: { type: 'string' } } }).values;
  if (out === undefined) return;
  mkdirSync(out, { recursive: true });
  for (const tarball of tarballs) copyFileSync(tarball, join(out, basename(tarball)));
}

/** @param {string} temporary */
async function main(temporary) {
  const folders = packageFolders();
  const installed = join(temporary, 'installed');
  mkdirSync(installed);
  for (const name of Object.keys(beside))
    checkDependencies(folders.get(name) ?? fail(`the package ${name} is missing`));
  /** @type {Packed[]} */
  const packages = [];
  for (const [, folder] of folders) {
    const packed = pack(stage(folder, temporary), temporary);
    checkContents(packed, folder);
    await lint(join(temporary, packed.filename));
    packages.push(packed);
  }
  const tarballs = packages.map(({ filename }) => join(temporary, filename));
  install(installed, tarballs);
  for (const name of folders.keys())
    console.log(
      `${name}: ${checkMaps(join(installed, 'node_modules', name))} source maps lead to their sources`,
    );
  importEverywhere(installed, packages.find(({ name }) => name === 'neocog')?.version ?? '');
  await bundleForBrowser(installed);
  checkTypes(installed);
  keep(tarballs);
  for (const { name, version, size, files } of packages)
    console.log(`${name} ${version}: ${(size / 1000).toFixed(1)} kB packed, ${files.length} files`);
}

const temporary = mkdtempSync(join(tmpdir(), 'neocog-package-'));
try {
  await main(temporary);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
