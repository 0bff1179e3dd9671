// Wide SIMD: V8 can fuse two adjacent, isomorphic 128-bit operations into one 256-bit operation. It is an experiment of
// V8 behind a flag, so it is never switched on unasked, and a kernel with known answers must pass before it is trusted.

import { DeviceError } from '../../errors.ts';
import type { Values } from '../work.ts';
import { carryOut } from './eager/routine.ts';
import { hasSimd, isWide, overrideEngine, type WideSimd } from './engine.ts';

interface NodeProcess {
  versions?: { v8?: string };
  getBuiltinModule?: (name: string) => { setFlagsFromString(flag: string): void } | undefined;
}

const nodeProcess = (globalThis as { process?: NodeProcess }).process;

/** V8 12 (Node 22) fuses mul and add but not relaxed_madd; from 13 (Node 24) on also relaxed_madd. Before: nothing. */
function v8Major(): number {
  return Number.parseInt(nodeProcess?.versions?.v8 ?? '0', 10);
}

function setFlag(on: boolean): void {
  nodeProcess
    ?.getBuiltinModule?.('node:v8')
    ?.setFlagsFromString(`--${on ? '' : 'no-'}experimental-wasm-revectorize`);
}

/** Why wide SIMD cannot be had here, or null. */
function obstacle(): string | null {
  if (!hasSimd) return 'this engine has no WebAssembly SIMD';
  if (!nodeProcess?.getBuiltinModule) return 'it needs a flag of V8, which only Node can set';
  if (v8Major() < 12) return `it needs Node 22 or later, and this one has V8 ${nodeProcess.versions?.v8}`;
  return null;
}

/**
 * Switches wide SIMD for kernels generated from here on. `auto` uses it where it works and else stays at 128 bits.
 *
 * @throws DeviceError for 'on' where it cannot be had.
 */
export function setWideSimd(mode: WideSimd): void {
  const why = mode === 'off' ? null : (obstacle() ?? enable());
  if (mode === 'off' || why) disable();
  if (mode === 'on' && why) {
    throw new DeviceError(`configure: wideSimd is 'on', but ${why}; use 'auto' to run without it`);
  }
}

function disable(): void {
  if (!isWide()) return;
  setFlag(false);
  overrideEngine({ wide: false, fma: true });
}

/** Gives a reason if the known answers come out wrong. */
function enable(): string | null {
  setFlag(true);
  overrideEngine({ wide: true, fma: v8Major() >= 13 });
  return knownAnswers() ? null : 'its self-test gave wrong results';
}

/** A product of small whole numbers, exact in float32, made often enough for V8 to optimise it. */
function knownAnswers(): boolean {
  const [m, k, n] = [24, 16, 32];
  const shape = { batch: 1, m, k, n, transposeA: false, transposeB: false };
  const multiply = (): Values => carryOut({ op: 'matmul', shape }, [a, b])[0];
  const small = (size: number): Float32Array =>
    Float32Array.from({ length: size }, (_, i) => ((i * 7) % 11) - 5);
  const [a, b] = [small(m * k), small(k * n)];
  let c = multiply();
  for (let i = 0; i < 3000; i++) c = multiply();
  return c.every((value, i) => {
    const row = Math.floor(i / n);
    let sum = 0;
    for (let j = 0; j < k; j++) sum += a[row * k + j] * b[j * n + (i % n)];
    return value === sum;
  });
}
