// esModule: a packed program as the files of an ES module that needs nothing else.
//
// All is JavaScript: a module that imports modules is the one thing that Node, browsers, and bundlers without configuration
// agree on. A file beside it, fetched from `new URL('weights.bin', import.meta.url)`, is lost by esbuild and Rollup.

import type { ConstantPlace, PackedProgram, ProgramValue } from 'neocog';
import { ShapeError, UnsupportedError } from 'neocog';
import { needText, readOptions } from '../options.ts';
import { shown } from '../shown.ts';
import { pageCss, pageHtml, pageScript } from './page.ts';
import { runner, runtimeFunctions, type Stored, storedBytes } from './runtime.ts';
import { encodeConstant, storedAs, type WeightStorage } from './stored.ts';
import { encodeText } from './text-code.ts';
import { declarations, inComment, manifest, readme, sizeOf } from './texts.ts';

/** What pixels become before the network sees them, in units of 0 to 255: one number for all channels, or one each. */
interface PixelScale {
  /** Subtracted first. */
  readonly mean: readonly number[];
  /** Divides what is left. */
  readonly std: readonly number[];
}

/** How `esModule` writes a network, and what its page shows. */
export interface EsModuleOptions {
  /** What the network is called in the README, on the page and as a package. Default `network`. */
  name?: string | undefined;
  /**
   * How weights of convolutions and linear layers are stored; they become float32 when they are loaded. int8 has a scale for
   * each output channel. Default `float32`.
   */
  weights?: WeightStorage | undefined;
  /** For the page: what the values of the output stand for. */
  labels?: readonly string[] | undefined;
  /** For the page: the network sees (pixel − mean) / std for pixels from 0 to 255, a number for all channels or for each. */
  pixels?: PixelScale | undefined;
}

/** A file to be written. */
export interface OutputFile {
  /** Within the folder, such as `network.js`. */
  readonly name: string;
  /** The whole content; every file is text. */
  readonly text: string;
  /** Of all weights, how much is written with this file. */
  readonly share: number;
}

/** Bytes of weights in one file: a multiple of 3, so that base64 needs no padding between, and small enough for every tool. */
const partBytes = 3 * 2 ** 20;

/**
 * The files of a folder that holds a network as an ES module without dependencies, with types and a page that tries it. They
 * come one after the other, so that a large network is never in memory as a whole.
 *
 * @throws UnsupportedError for an unknown storage of weights
 * @example for (const { name, text } of esModule(pack(net, { input: [1, 3, 224, 224] }))) await writeFile(`out/${name}`, text);
 */
export function esModule(
  program: PackedProgram,
  options: EsModuleOptions = {},
): Generator<OutputFile, void, void> {
  const { weights = 'float32' } = readOptions('esModule', options, ['name', 'weights', 'labels', 'pixels']);
  if (!['float32', 'float16', 'int8'].includes(weights)) {
    throw new UnsupportedError(
      `esModule: weights is ${shown(weights)}, there are 'float32', 'float16' and 'int8'`,
    );
  }
  needText('esModule', 'name', options.name === undefined ? 'network' : options.name);
  checkParts(program, options);
  return filesOf(program, options);
}

/** Refuses what is no program, and what a page cannot show. */
function checkParts(program: PackedProgram, { labels = [], pixels }: EsModuleOptions): void {
  const isList = (list: unknown, type: string): boolean =>
    Array.isArray(list) && Array.from(list).every((item) => typeof item === type);
  if (!Array.isArray(Object(program).constants) || !Array.isArray(Object(program).inputs))
    throw new ShapeError(`esModule: program is ${shown(program)}; give what pack(…) returns`);
  if (!isList(labels, 'string'))
    throw new ShapeError(`esModule: labels is ${shown(labels)}; give a list of texts`);
  if (
    pixels !== undefined &&
    !(isList(Object(pixels).mean, 'number') && isList(Object(pixels).std, 'number'))
  )
    throw new ShapeError(`esModule: pixels is ${shown(pixels)}; give lists of numbers { mean, std }`);
}

function* filesOf(program: PackedProgram, options: EsModuleOptions): Generator<OutputFile, void, void> {
  const { name = 'network', weights = 'float32', labels = [], pixels } = options;
  const stored = program.constants.map((constant) => storedAs(constant, weights));
  const total = stored.reduce((sum, each) => sum + storedBytes(each), 0);
  const parts = Array.from({ length: Math.ceil(total / partBytes) }, (_, i) => `weights-${i}.js`);
  const facts = { labels, mean: pixels?.mean ?? [0], std: pixels?.std ?? [255] };
  const small: Record<string, string> = {
    'index.js': indexScript(name, program, stored, parts),
    'index.d.ts': declarations(name, program),
    'kernels.js': kernelScript(program),
    'index.html': pageHtml(name, pixels ? facts : null),
    'page.css': pageCss,
    'page.js': pageScript(facts),
    'README.md': readme({ name, program, weights: sentence(weights, total) }),
  };
  small['package.json'] = manifest(name, [...Object.keys(small), ...parts]);
  let written = 0;
  for (const bytes of cut(encoded(program, stored))) {
    const text = `export default '${toBase64(bytes)}';\n`;
    yield { name: parts[written++], text, share: written / parts.length };
  }
  for (const [file, text] of Object.entries(small)) yield { name: file, text, share: 1 };
}

function* encoded(
  { constants }: PackedProgram,
  stored: readonly Stored[],
): Generator<Uint8Array, void, void> {
  for (const [i, constant] of constants.entries()) yield encodeConstant(constant, stored[i]);
}

const sentence = (weights: WeightStorage, bytes: number): string =>
  `Weights take ${(bytes / 1e6).toFixed(2)} MB, stored as ${weights}${weights === 'float32' ? '' : ', with which the network computes in float32'}.`;

/** index.js: the runtime, and what makes it run this network. */
function indexScript(
  name: string,
  program: PackedProgram,
  stored: readonly Stored[],
  parts: readonly string[],
): string {
  const describe = (value: ProgramValue) => ({ ...value, size: sizeOf(value) });
  const imports = parts.map((part, i) => `import part${i} from './${part}';\n`);
  return `// ${inComment(name)}: a network with its kernels and weights. Written by neocog build.

import { bytes, codes } from './kernels.js';
${imports.join('')}
${runtimeFunctions.map(String).join('\n\n')}

const runner = ${String(runner)};

export const inputs = ${JSON.stringify(program.inputs.map(describe))};
export const outputs = ${JSON.stringify(program.outputs.map(describe))};
const constants = ${JSON.stringify(stored)};
const weights = [${parts.map((_, i) => `part${i}`).join(', ')}];
const network = runner({ inputs, outputs, constants, codes, bytes, weights });

export function load(progress) {
  return network.load(progress);
}

export function run(inputs) {
  return network.run(inputs);
}
`;
}

function kernelScript(program: PackedProgram): string {
  const { codes } = program;
  const bytes = new Uint8Array(codes.reduce((sum, code) => sum + code.wasm.length, 0));
  let end = 0;
  for (const { wasm } of codes) {
    bytes.set(wasm, end);
    end += wasm.length;
  }
  const described = codes.map(({ wasm, places, ...code }) => ({
    ...code,
    length: wasm.length,
    places: places.map((all, i) => all.map((place) => shortPlace(place, program.constants[i].values.length))),
  }));
  return `// WebAssembly as text; see unpack in index.js.
export const codes = ${JSON.stringify(described)};
export const bytes = ${JSON.stringify(encodeText(bytes))};
`;
}

const shortPlace = ({ address, routine, from, to }: ConstantPlace, size: number) =>
  to - from === size ? [address, routine] : [address, routine, from, to];

/** Arrays one after the other, in parts of `partBytes`. */
function* cut(arrays: Iterable<Uint8Array>): Generator<Uint8Array, void, void> {
  let [part, end] = [new Uint8Array(partBytes), 0];
  for (const array of arrays) {
    for (let at = 0; at < array.length; ) {
      const piece = array.subarray(at, at + partBytes - end);
      part.set(piece, end);
      [at, end] = [at + piece.length, end + piece.length];
      if (end < partBytes) continue;
      yield part;
      [part, end] = [new Uint8Array(partBytes), 0];
    }
  }
  if (end > 0) yield part.subarray(0, end);
}

const sixBits = new TextEncoder().encode('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');

/** By a table: `btoa` takes a text of bytes, of which hundreds of megabytes take a minute. */
function toBase64(bytes: Uint8Array): string {
  const text = new Uint8Array(4 * Math.ceil(bytes.length / 3));
  let end = 0;
  for (let at = 0; at < bytes.length; at += 3) {
    // Behind the last byte a shift makes 0 of undefined.
    const three = (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];
    text[end++] = sixBits[three >> 18];
    text[end++] = sixBits[(three >> 12) & 63];
    text[end++] = sixBits[(three >> 6) & 63];
    text[end++] = sixBits[three & 63];
  }
  const left = bytes.length % 3;
  if (left > 0) text.fill(0x3d, end - 3 + left); // '='
  return new TextDecoder().decode(text);
}
