// Reads the reference vectors of test/golden, in Node and in a page, and judges results by their tolerance.
// The format and the tolerance are described in test/golden/README.md.

export type SuiteName =
  | 'conv'
  | 'conv_transpose'
  | 'pool'
  | 'norm'
  | 'activation'
  | 'loss'
  | 'optim'
  | 'schedule'
  | 'init'
  | 'errors'
  | 'e2e'
  | 'operation';

export interface TensorRef {
  readonly dtype: 'float32' | 'int32';
  readonly shape: readonly number[];
  /** In bytes from the start of the suite's .bin. */
  readonly offset: number;
  /** In elements. */
  readonly length: number;
  /** The most terms that are summed into one element. */
  readonly reduction?: number;
  /** How far the float32 result of the reference strays from its float64 result. */
  readonly f32err?: number;
}

export interface GoldenCase {
  readonly id: string;
  readonly op: string;
  readonly tags: readonly string[];
  readonly params: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, TensorRef>>;
  readonly outputs: Readonly<Record<string, TensorRef>>;
  /** In the suite `errors`: what is wrong with the call. */
  readonly why?: string;
}

type Values = Float32Array | Int32Array;

export interface Suite {
  readonly cases: readonly GoldenCase[];
  /** The values of a tensor of this suite. */
  tensor(ref: TensorRef): Values;
  /** What is wrong with a result, its worst element named; null where it agrees. */
  compare(got: { shape: readonly number[]; data: Values }, ref: TensorRef, exact?: boolean): string | null;
}

// Not in the one expression that bundlers take for the address of an asset.
const here = import.meta.url;

async function readBytes(name: string): Promise<ArrayBuffer> {
  const url = new URL(`golden/${name}`, here);
  if (url.protocol !== 'file:') return (await fetch(url)).arrayBuffer();
  const { readFile } = process.getBuiltinModule('node:fs/promises');
  const bytes = await readFile(url);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

/** Loads a suite: its cases, and its tensors where it has any. */
export async function loadSuite(name: SuiteName): Promise<Suite> {
  const manifest = JSON.parse(new TextDecoder().decode(await readBytes(`${name}.json`)));
  const bytes = manifest.bin ? await readBytes(manifest.bin) : new ArrayBuffer(0);
  const tensor = ({ dtype, offset, length }: TensorRef): Values =>
    dtype === 'int32' ? new Int32Array(bytes, offset, length) : new Float32Array(bytes, offset, length);
  return {
    cases: manifest.cases,
    tensor,
    compare: (got, ref, exact = false) => compare(got, { ref, data: tensor(ref) }, exact),
  };
}

interface Wanted {
  readonly ref: TensorRef;
  readonly data: Values;
}

function compare(
  got: { shape: readonly number[]; data: Values },
  want: Wanted,
  exact: boolean,
): string | null {
  const { ref, data } = want;
  const shapes = [got.shape, ref.shape].map((shape) => `[${shape.join(',')}]`);
  if (shapes[0] !== shapes[1]) return `has shape ${shapes[0]}, not ${shapes[1]}`;
  const floats = (ref.reduction ?? 1) ** 0.5 * 1e-5;
  const atol = exact || ref.dtype === 'int32' ? 0 : Math.max(floats, 10 * (ref.f32err ?? 0));
  const rtol = exact || ref.dtype === 'int32' ? 0 : 1e-4;
  return compareValues(got.data, data, { atol, rtol });
}

export interface Tolerance {
  readonly atol: number;
  readonly rtol: number;
}

/** Names the element that strays furthest in units of its tolerance; null where all lie within |got − want| ≤ atol + rtol·|want|. */
export function compareValues(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  { atol, rtol }: Tolerance,
): string | null {
  if (got.length !== want.length) return `has ${got.length} values, not ${want.length}`;
  let worst = -1;
  let worstRatio = 1;
  for (let i = 0; i < want.length; i++) {
    const ratio = excess(got[i], want[i], atol, rtol);
    if (ratio > worstRatio) [worst, worstRatio] = [i, ratio];
  }
  if (worst < 0) return null;
  const allowed = atol + rtol * Math.abs(want[worst]);
  return `is ${got[worst]} at ${worst} of ${want.length}, not ${want[worst]} (allowed: ${allowed.toPrecision(2)})`;
}

/** |got − want| in units of the tolerance: at most 1 where it agrees. */
function excess(got: number, want: number, atol: number, rtol: number): number {
  if (got === want || (Number.isNaN(got) && Number.isNaN(want))) return 0;
  const ratio = Math.abs(got - want) / (atol + rtol * Math.abs(want));
  return Number.isNaN(ratio) || !Number.isFinite(want) ? Infinity : ratio;
}
