// The settings of the library, and what the engine offers. The only place, beside the index, that knows the backends.

import { aFunction, count, type Field, flag, keyOf, need, oneOf } from './arguments/field.ts';
import { type Fields, needOptions } from './arguments/options.ts';
import type { Backend } from './backends/backend.ts';
import { backend, onBackend, setBackend } from './backends/current.ts';
import { referenceBackend } from './backends/reference/backend.ts';
import { wasmBackend } from './backends/wasm/backend.ts';
import { engine, engineName, hasSimd, type WideSimd } from './backends/wasm/engine.ts';
import { measurePeak } from './backends/wasm/peak.ts';
import { setWideSimd } from './backends/wasm/wide.ts';
import { preferences, threadsOf } from './program/preferences.ts';

const backends = { wasm: wasmBackend, reference: referenceBackend } satisfies Record<string, Backend>;

/** `wasm` generates kernels; `reference` is plain loops with float64 sums, slow and exact. */
export type BackendName = keyof typeof backends;

setBackend(hasSimd ? wasmBackend : referenceBackend);

/** @throws DeviceError for one that this engine cannot run */
function backendNamed(name: BackendName): Backend {
  if (name === 'wasm') engine();
  return backends[name];
}

/**
 * Runs `body` (synchronous) with all operations on one backend.
 *
 * @throws ShapeError for an unknown name. @throws DeviceError for 'wasm' where the engine has no WebAssembly SIMD.
 */
export function withBackend<T>(name: BackendName, body: () => T): T {
  need('withBackend', 'name', name, backendName);
  need('withBackend', 'body', body, aFunction);
  return onBackend(backendNamed(name), body);
}

/** What `configure` sets for the whole page or process. What is left out stays as it is. */
export interface Settings {
  /** What runs operations. Default 'wasm', and 'reference' where the engine has no WebAssembly SIMD. */
  backend?: BackendName | undefined;
  /**
   * 256-bit operations through an experimental flag of V8, in Node 22 and later. Default 'off'; 'auto' uses them where
   * they work; 'on' insists. The flag holds for the whole process.
   */
  wideSimd?: WideSimd | undefined;
  /** Threads of compiled programs that state none, the calling one included. Default 1. Results do not depend on it. */
  threads?: number | undefined;
  /**
   * Compiled programs compute convolutions as plain sums of products, as eager operations do, never by a transform with
   * rounding of its own. Default false.
   */
  exactConvolution?: boolean | undefined;
}

const wideModes: readonly WideSimd[] = ['off', 'auto', 'on'];
const backendName: Field<BackendName> = keyOf(backends);
const settingFields: Fields<Settings> = {
  backend: backendName,
  wideSimd: oneOf(...wideModes),
  threads: count,
  exactConvolution: flag,
};

/**
 * Changes settings; what is left out stays as it is.
 *
 * @throws ShapeError for an unknown setting or value. @throws DeviceError if wideSimd 'on' or backend 'wasm' cannot be had.
 */
export function configure(settings: Settings): void {
  needOptions('configure', settings, settingFields, 'settings');
  const { exactConvolution = preferences.exactConvolution } = settings;
  const threads = threadsOf('configure', settings.threads);
  const chosen = settings.backend === undefined ? null : backendNamed(settings.backend);
  if (settings.wideSimd !== undefined) setWideSimd(settings.wideSimd);
  if (chosen) setBackend(chosen);
  Object.assign(preferences, { threads, exactConvolution });
}

/** What runs operations now. */
export interface Features {
  /** The backend: 'wasm' or 'reference'. */
  readonly backend: string;
  /** How kernels multiply and add: `fma`, `mul+add`, `wide fma` or `wide mul+add`; `none` where there are no kernels. */
  readonly simd: string;
}

/** What is in use now. @throws DeviceError where a page's policy forbids WebAssembly. */
export function features(): Features {
  const now = backend();
  return { backend: now.name, simd: now.name === wasmBackend.name ? engineName(engine()) : 'none' };
}

/**
 * Multiply-adds per second that one thread of this engine can do at most, measured now, in about 20 milliseconds: vectors in registers,
 * without memory. What a layer reaches of it tells how well it runs; an algorithm that saves multiplications may pass it.
 *
 * @throws DeviceError where the engine has no WebAssembly SIMD.
 * @example const share = step.multiplyAdds / (step.milliseconds / 1000) / (report.threads * enginePeak());
 */
export function enginePeak(): number {
  engine();
  return measurePeak();
}
