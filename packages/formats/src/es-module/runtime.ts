// What runs a packed program where there is no neocog: the text of these functions is the written module's index.js.
// So they use nothing from outside this file but types, and have no named functions within, around which bundlers may put helpers.

import type { TextCode } from './text-code.ts';

export interface Value {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
  /** The number of values. */
  readonly size: number;
}

/** How a constant is stored, its number of values, and into how many rows they fall. */
export type Stored = readonly [kind: 'float32' | 'float16' | 'int8' | 'int32', size: number, rows: number];

type Place = readonly [address: number, routine: string | null, from?: number, to?: number];

/** WebAssembly for one kind of engines; see PackedCode. */
export interface Code {
  readonly simd: string;
  /** In bytes. */
  readonly length: number;
  readonly pages: number;
  readonly scratch: number;
  readonly run: string;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** For each constant: where it goes, or some of its values, and the export to call then. */
  readonly places: readonly (readonly Place[])[];
}

export interface Network {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly constants: readonly Stored[];
  /** In the order in which they are tried. */
  readonly codes: readonly Code[];
  /** The modules of all codes, one after the other. */
  readonly bytes: TextCode;
  /** The bytes of all constants, one after the other, in pieces as they come; from elsewhere where an address is given. */
  readonly weights: (from?: Address | string) => Promise<AsyncGenerator<Bytes, void, void>>;
  /** What `checksum` makes of all constants. */
  readonly sum: number;
}

type Values = Float32Array | Int32Array;
/** On memory that is not shared; before TypeScript 5.7 `Uint8Array<ArrayBuffer>` cannot be written. */
interface Bytes extends Uint8Array {
  readonly buffer: ArrayBuffer;
  subarray(begin?: number, end?: number): Bytes;
}
/** What is needed of a URL, whose type neither ECMAScript nor every program has. */
interface Address {
  readonly href: string;
  readonly protocol: string;
}

/** What is needed of a ReadableStream. */
interface Body {
  getReader(): { read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }> };
}

/** What is needed of Node's `fs/promises`. */
interface Disk {
  open(url: Address): Promise<{
    read(into: Uint8Array): Promise<{ readonly bytesRead: number }>;
    close(): Promise<void>;
  }>;
}

type Routine = (job: number, scratch: number, from: number, to: number) => void;

/** A network in memory. */
export interface Loaded {
  readonly code: Code;
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly routines: Readonly<Record<string, Routine>>;
}

/**
 * Bytes from a text and copies. The printable ASCII characters but `"` `<` `\` are 92: the first 90 stand for the most frequent
 * bytes, the last two begin pairs.
 */
export function unpack({ text, order, copies }: TextCode, length: number): Bytes {
  const digits = new Uint8Array(128);
  for (let code = 32, digit = 0; code < 127; code++)
    if (code !== 34 && code !== 60 && code !== 92) digits[code] = digit++;
  const bytes = new Uint8Array(length);
  let [end, at, back] = [0, 0, 0];
  for (let i = 0; end < length; i += 3) {
    for (const last = i < copies.length ? end + copies[i] : length; end < last; end++) {
      const digit = digits[text.charCodeAt(at++)];
      bytes[end] = order[digit < 90 ? digit : (digit - 89) * 90 + digits[text.charCodeAt(at++)]];
    }
    back = copies[i + 1] || back;
    // One by one: a copy may go on with what it has just written.
    for (const last = end + (copies[i + 2] ?? 0); end < last; end++) bytes[end] = bytes[end - back];
  }
  return bytes;
}

/** Base64 without line breaks: `atob` would make a text of bytes first. */
export function fromBase64(text: string): Bytes {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  const digits = new Uint8Array(128);
  for (let code = 0; code < 128; code++)
    digits[code] =
      code > 96 ? code - 71 : code > 64 ? code - 65 : code > 47 ? code + 4 : code === 43 ? 62 : 63;
  for (let at = 0, end = 0; at < text.length; at += 4, end += 3) {
    const word =
      (digits[text.charCodeAt(at)] << 18) |
      (digits[text.charCodeAt(at + 1)] << 12) |
      (digits[text.charCodeAt(at + 2)] << 6) |
      digits[text.charCodeAt(at + 3)];
    bytes[end] = word >> 16;
    // What is past the end of a typed array is not stored.
    bytes[end + 1] = word >> 8;
    bytes[end + 2] = word;
  }
  return bytes;
}

/** Weights that are texts of JavaScript: base64, cut at multiples of 3 bytes. */
export async function* embeddedBytes(texts: readonly string[]): AsyncGenerator<Bytes, void, void> {
  for (const text of texts) yield fromBase64(text);
}

/** A file of the disk. */
export async function* diskBytes(url: Address, disk: () => Promise<Disk>): AsyncGenerator<Bytes, void, void> {
  const file = await (await disk()).open(url);
  try {
    for (;;) {
      const piece: Bytes = new Uint8Array(2 ** 20);
      const { bytesRead } = await file.read(piece);
      if (bytesRead === 0) return;
      yield piece.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** What a server sends. */
export async function* sentBytes(body: Body): AsyncGenerator<Bytes, void, void> {
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value as Bytes;
  }
}

/** Weights that are a file: on the disk where its address says so, else of a server, which sends from now on. */
export async function openWeights(
  url: Address,
  disk: () => Promise<Disk>,
): Promise<AsyncGenerator<Bytes, void, void>> {
  if (url.protocol === 'file:') return diskBytes(url, disk);
  const { ok, status, body } = await fetch(url.href);
  if (!ok || body === null) throw new Error(`${url.href} answers with status ${status}`);
  return sentBytes(body);
}

/** Goes on with the sum of the constants before; `words` are a constant's bytes, filled up with zeros. */
export function checksum(sum: number, words: Int32Array): number {
  let result = sum;
  for (let i = 0; i < words.length; i++) result = Math.imul(result ^ words[i], 0x01000193);
  return result;
}

export function storedBytes([kind, size, rows]: Stored): number {
  return kind === 'int8' ? 4 * rows + size : kind === 'float16' ? 2 * size : 4 * size;
}

/** Stored values as kernels need them. int8 comes after one float32 scale for each row. */
export function widen([kind, size, rows]: Stored, bytes: Bytes): Values {
  if (kind === 'int32') return new Int32Array(bytes.buffer);
  if (kind === 'float32') return new Float32Array(bytes.buffer);
  const values = new Float32Array(size);
  if (kind === 'float16') {
    // Exponent and fraction of float16 in the places of float32 are too small by 2¹¹², also where they are subnormal.
    const [halves, bits] = [new Uint16Array(bytes.buffer), new Int32Array(values.buffer)];
    for (let i = 0; i < size; i++) {
      bits[i] = ((halves[i] & 0x8000) << 16) | ((halves[i] & 0x7fff) << 13);
      values[i] *= 2 ** 112;
    }
    return values;
  }
  const [scales, codes] = [new Float32Array(bytes.buffer, 0, rows), new Int8Array(bytes.buffer, 4 * rows)];
  for (let i = 0; i < size; i++) values[i] = codes[i] * scales[Math.floor((i * rows) / size)];
  return values;
}

/** The first code that the engine takes, with its memory. */
export async function instantiate(network: Network): Promise<Loaded> {
  const { codes } = network;
  let end = 0;
  for (const code of codes) end += code.length;
  const bytes = unpack(network.bytes, end);
  let [start, cause] = [0, undefined as unknown];
  for (const code of codes) {
    try {
      const module = await WebAssembly.compile(bytes.subarray(start, start + code.length));
      const memory = new WebAssembly.Memory({ initial: code.pages, maximum: code.pages });
      const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
      return { code, memory, routines: exports as Loaded['routines'] };
    } catch (error) {
      cause = error;
      start += code.length;
    }
  }
  throw new Error(
    `load: this engine does not take the network's code (${cause}); needed are WebAssembly SIMD and ${codes[0].pages / 16} MiB, ` +
      "and in a page with a content security policy script-src 'wasm-unsafe-eval'",
    { cause },
  );
}

/** The constants in order, each once all of its bytes have come. */
export async function* storedConstants(
  { constants, sum }: Network,
  pieces: AsyncGenerator<Bytes, void, void>,
): AsyncGenerator<Values, void, void> {
  let [piece, found] = [new Uint8Array(0) as Bytes, 0];
  try {
    for (const constant of constants) {
      const length = storedBytes(constant);
      const words = new Int32Array(Math.ceil(length / 4));
      const bytes = new Uint8Array(words.buffer, 0, length);
      for (let filled = 0; filled < length; ) {
        if (piece.length === 0) {
          const next = await pieces.next();
          if (next.done) throw new Error('they end too early');
          piece = next.value;
        }
        const part = piece.subarray(0, length - filled);
        bytes.set(part, filled);
        filled += part.length;
        piece = piece.subarray(part.length);
      }
      found = checksum(found, words);
      yield widen(constant, bytes);
    }
    if (found !== sum) throw new Error('they are those of another network');
  } finally {
    await pieces.return();
  }
}

/** Brings the constants to their places as they come. Now and then events come through, such as a page's painting. */
export async function placeConstants(
  network: Network,
  loaded: Loaded,
  { pieces, progress }: { pieces: AsyncGenerator<Bytes, void, void>; progress: (share: number) => void },
): Promise<void> {
  const { code, memory, routines } = loaded;
  let [i, paused] = [0, performance.now()];
  for await (const values of storedConstants(network, pieces)) {
    for (const [address, routine, from = 0, to = values.length] of code.places[i]) {
      const part = values.subarray(from, to);
      (part instanceof Int32Array
        ? new Int32Array(memory.buffer, address, part.length)
        : new Float32Array(memory.buffer, address, part.length)
      ).set(part);
      if (routine !== null) routines[routine](0, code.scratch, 0, 0x7fffffff);
    }
    i++;
    if (performance.now() - paused < 30) continue;
    progress(i / network.constants.length);
    await new Promise((resolve) => setTimeout(resolve, 0));
    paused = performance.now();
  }
}

/** The network in memory. Weights are on their way while code is compiled. */
export async function loadNetwork(
  network: Network,
  progress: (share: number) => void,
  from: Address | string | undefined,
): Promise<Loaded> {
  const opened = network.weights(from);
  // Whoever awaits it hears of it; until then a failure is not unhandled.
  opened.catch(() => {});
  const loaded = await instantiate(network);
  try {
    await placeConstants(network, loaded, { pieces: await opened, progress });
  } catch (error) {
    throw new Error(
      `load: the weights cannot be read: ${error instanceof Error ? error.message : error}; keep weights.bin of the same build ` +
        'beside the module, or say where it is: load(progress, { weights: url })',
      { cause: error },
    );
  }
  return loaded;
}

/** @throws TypeError unless `given` has just what the inputs are. */
export function checkInputs(inputs: readonly Value[], given: Readonly<Record<string, Values>>): void {
  const names = inputs.map((input) => input.name).join(', ');
  for (const name of Object.keys(given))
    if (!inputs.some((input) => input.name === name))
      throw new TypeError(`run: there is no input '${name}', only ${names}; leave it out`);
  for (const { name, shape, dtype, size } of inputs) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    const type = dtype === 'int32' ? 'Int32Array' : 'Float32Array';
    const is = Object.prototype.toString.call(value).slice(8, -1);
    if (value !== undefined && is === type && value.length === size) continue;
    const came = value === undefined ? 'missing' : `${is} of ${value?.length ?? 'no'} values`;
    throw new TypeError(
      `run: input '${name}' is ${came}, needed is ${type} of ${size} values, shape [${shape}]`,
    );
  }
}

/** The functions that index.js exports. */
export function runner(network: Network) {
  const { inputs, outputs } = network;
  let loading: Promise<Loaded> | null = null;
  return {
    async load(
      progress: (share: number) => void = () => {},
      { weights }: { weights?: Address | string } = {},
    ): Promise<{ simd: string; bytes: number }> {
      loading ??= loadNetwork(network, progress, weights);
      const { code, memory } = await loading.catch((error) => {
        loading = null;
        throw error;
      });
      return { simd: code.simd, bytes: memory.buffer.byteLength };
    },

    async run(given: Values | Readonly<Record<string, Values>>): Promise<Values | Record<string, Values>> {
      const single = inputs.length === 1 && (ArrayBuffer.isView(given) || Array.isArray(given));
      const named = (single ? { [inputs[0].name]: given } : (given ?? {})) as Readonly<
        Record<string, Values>
      >;
      checkInputs(inputs, named);
      await this.load();
      const { code, memory, routines } = (await loading) as Loaded;
      inputs.forEach(({ name, dtype, size }, i) => {
        const Type = dtype === 'int32' ? Int32Array : Float32Array;
        new Type(memory.buffer, code.inputs[i], size).set(named[name]);
      });
      routines[code.run](0, code.scratch, 0, 0x7fffffff);
      const results = outputs.map(({ name, dtype, size }, i) => {
        const Type = dtype === 'int32' ? Int32Array : Float32Array;
        return [name, new Type(memory.buffer, code.outputs[i], size).slice()] as const;
      });
      return single && outputs.length === 1 ? results[0][1] : Object.fromEntries(results);
    },
  };
}

/** What `runner` is made of, but for where weights come from. */
export const runtimeFunctions = [
  unpack,
  checksum,
  storedBytes,
  widen,
  instantiate,
  storedConstants,
  placeConstants,
  loadNetwork,
  checkInputs,
];

/** What opens weights, each behind the functions that it calls. */
export const embeddedOpening = [fromBase64, embeddedBytes];
export const fileOpening = [diskBytes, sentBytes, openWeights];
