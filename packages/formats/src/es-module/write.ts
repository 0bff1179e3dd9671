// esModule: a packed program as the files of an ES module that needs nothing else.
//
// The weights are a file beside it, at `new URL('./weights.bin', import.meta.url)`, which Node, browsers, Vite and webpack find.
// esbuild and Rollup lose it; for them weights can be JavaScript, which all agree on.

import type { ConstantPlace, PackedProgram, ProgramValue } from 'neocog';
import { checkOptions, type EsModuleOptions, pageFacts } from './options.ts';
import { pageCss, pageHtml, pageScript, pageStart } from './page.ts';
import {
  checksum,
  embeddedOpening,
  fileOpening,
  runner,
  runtimeFunctions,
  type Stored,
  storedBytes,
} from './runtime.ts';
import { encodeConstant, storedAs, type WeightStorage } from './stored.ts';
import { encodeText } from './text-code.ts';
import { declarations, inComment, manifest, readme, sizeOf } from './texts.ts';

/** A file to be written. */
export interface OutputFile {
  /** Within the folder, such as `network.js`. */
  readonly name: string;
  /** The content: a text, or bytes, of which a piece is made when it is asked for. */
  readonly data: string | Iterable<Uint8Array>;
  /** Of all weights, how much is written with this file. */
  readonly share: number;
}

/** Bytes of weights in one text: a multiple of 3, so that base64 needs no padding between, and small enough for every tool. */
const partBytes = 3 * 2 ** 20;

/**
 * The files of a folder that holds a network as an ES module without dependencies, with types and a page that tries it. They
 * come one after the other, so that a large network is never in memory as a whole.
 *
 * @throws UnsupportedError for an unknown storage of weights
 * @example for (const { name, data } of esModule(pack(net, { input: [1, 3, 224, 224] }))) await writeFile(`out/${name}`, data);
 */
export function esModule(
  program: PackedProgram,
  options: EsModuleOptions = {},
): Generator<OutputFile, void, void> {
  checkOptions('esModule', program, options);
  return filesOf(program, options);
}

/**
 * One file of HTML that holds a network and a page that tries it, on pictures or a camera. It needs no server and nothing else: a
 * browser opens it from anywhere.
 *
 * @throws UnsupportedError for an unknown storage of weights
 * @example await writeFile('digits.html', singlePage(pack(net, { input: [1, 1, 28, 28] }), { name: 'digits' }));
 */
export function singlePage(program: PackedProgram, options: EsModuleOptions = {}): string {
  checkOptions('singlePage', program, options);
  const { name = 'network', weights = 'float32', pixels } = options;
  const stored = program.constants.map((constant) => storedAs(constant, weights));
  const facts = pageFacts(options);
  const texts = [...weightTexts(program, stored)];
  const script = `const network = (() => {
${runnerScript(program, stored)}
${kernelConstants(program)}
${opening(embeddedOpening)}
const texts = ${JSON.stringify(texts)};
const weights = async () => open(texts);
return { inputs, outputs, ...runner({ inputs, outputs, constants, codes, bytes, weights, sum: ${sumOf(program, stored)} }) };
})();

${pageStart(facts)}`;
  return pageHtml(name, pixels !== undefined, {
    head: `<style>\n${pageCss}</style>\n<script type="module">\n${inScript(script)}</script>`,
    status: 'loading',
  });
}

/** Strings in a script that would end it, or begin a comment of HTML, with a backslash that says nothing. */
const inScript = (text: string): string => text.replace(/<(?=\/script|!--|script)/gi, '\\x3c');

function* filesOf(program: PackedProgram, options: EsModuleOptions): Generator<OutputFile, void, void> {
  const { name = 'network', weights = 'float32', embed = false, pixels } = options;
  const stored = program.constants.map((constant) => storedAs(constant, weights));
  const total = stored.reduce((sum, each) => sum + storedBytes(each), 0);
  const parts = Array.from({ length: Math.ceil(total / partBytes) }, (_, i) => `weights-${i}.js`);
  const facts = pageFacts(options);
  const small: Record<string, string> = {
    'index.js': indexScript(name, runnerScript(program, stored), {
      sum: sumOf(program, stored),
      parts: embed ? parts : null,
    }),
    'index.d.ts': declarations(name, program),
    'kernels.js': kernelScript(program),
    'index.html': pageHtml(name, pixels !== undefined),
    'page.css': pageCss,
    'page.js': pageScript(facts),
    'README.md': readme({ name, program, weights: sentence(weights, total), embed }),
  };
  small['package.json'] = manifest(name, [...Object.keys(small), ...(embed ? parts : [weightsFile])]);
  if (embed) {
    let written = 0;
    for (const text of weightTexts(program, stored))
      yield { name: parts[written++], data: `export default '${text}';\n`, share: written / parts.length };
  } else yield { name: weightsFile, data: { [Symbol.iterator]: () => encoded(program, stored) }, share: 1 };
  for (const [file, data] of Object.entries(small)) yield { name: file, data, share: 1 };
}

const weightsFile = 'weights.bin';

/** All weights in base64, part by part. */
function* weightTexts(program: PackedProgram, stored: readonly Stored[]): Generator<string, void, void> {
  for (const bytes of cut(encoded(program, stored))) yield toBase64(bytes);
}

/** The bytes of each constant. */
function* encoded(
  { constants }: PackedProgram,
  stored: readonly Stored[],
): Generator<Uint8Array, void, void> {
  for (const [i, constant] of constants.entries()) yield encodeConstant(constant, stored[i]);
}

/** By which a module knows its weights; see `checksum`. */
function sumOf(program: PackedProgram, stored: readonly Stored[]): number {
  let sum = 0;
  for (const bytes of encoded(program, stored)) sum = checksum(sum, wordsOf(bytes));
  return sum;
}

/** Bytes as words, filled up with zeros. */
function wordsOf(bytes: Uint8Array): Int32Array {
  if (bytes.byteOffset % 4 === 0 && bytes.length % 4 === 0)
    return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const words = new Int32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  return words;
}

const sentence = (weights: WeightStorage, bytes: number): string =>
  `Weights take ${(bytes / 1e6).toFixed(2)} MB, stored as ${weights}${weights === 'float32' ? '' : ', with which the network computes in float32'}.`;

/** What index.js says of the weights. */
interface WeightFacts {
  readonly sum: number;
  /** Modules that hold them as texts; null where a file does. */
  readonly parts: readonly string[] | null;
}

/** index.js: the runtime, and what makes it run this network. */
function indexScript(name: string, runnerText: string, { sum, parts }: WeightFacts): string {
  const imports = (parts ?? []).map((part, i) => `import part${i} from './${part}';\n`);
  return `// ${inComment(name)}: a network with its kernels and weights. Written by neocog build.

import { bytes, codes } from './kernels.js';
${imports.join('')}
${runnerText}
${parts ? embeddedWeights(parts) : fileWeights()}
const network = runner({ inputs, outputs, constants, codes, bytes, weights, sum: ${sum} });

export { inputs, outputs };

export function load(progress, options) {
  return network.load(progress, options);
}

export function run(inputs) {
  return network.run(inputs);
}
`;
}

/**
 * Functions as texts, the last of them as `open`: who bundles this file may have given them all other names, by which they call each
 * other.
 */
function opening(functions: readonly ((...args: never[]) => unknown)[]): string {
  const texts = functions.map(String);
  return `${texts.slice(0, -1).join('\n\n')}\n\nconst open = ${texts.at(-1)};\n`;
}

const embeddedWeights = (parts: readonly string[]): string => `${opening(embeddedOpening)}
const weights = async () => open([${parts.map((_, i) => `part${i}`).join(', ')}]);`;

/** Bundlers that are made for browsers must not look for Node's module, which no page asks for. */
const fileWeights = (): string => `${opening(fileOpening)}
const disk = (name = 'node:fs/promises') => import(/* webpackIgnore: true */ /* @vite-ignore */ name);
const weights = async (from) =>
  open(from === undefined ? new URL('./${weightsFile}', import.meta.url) : new URL(from, globalThis.location?.href), disk);`;

/** The runtime, and what it needs to know of the network beside kernels and weights. */
function runnerScript({ inputs, outputs }: PackedProgram, stored: readonly Stored[]): string {
  const describe = (value: ProgramValue) => ({ ...value, size: sizeOf(value) });
  return `${runtimeFunctions.map(String).join('\n\n')}

const runner = ${String(runner)};

const inputs = ${JSON.stringify(inputs.map(describe))};
const outputs = ${JSON.stringify(outputs.map(describe))};
const constants = ${JSON.stringify(stored)};`;
}

const kernelScript = (program: PackedProgram): string => `// WebAssembly as text; see unpack in index.js.
${kernelConstants(program)}
export { bytes, codes };
`;

function kernelConstants(program: PackedProgram): string {
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
  return `const codes = ${JSON.stringify(described)};
const bytes = ${JSON.stringify(encodeText(bytes))};`;
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
