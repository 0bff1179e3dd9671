// The WebAssembly backend: kernels written at run time for the geometry at hand. Eager operations run on one thread.

import type { Backend } from '../backend.ts';
import { truncate } from '../truncate.ts';
import type { Values, Work } from '../work.ts';
import { copy, copyAdd } from './eager/copy.ts';
import { explain } from './eager/explain.ts';
import { fused } from './eager/fused.ts';
import { scatterAdd, take } from './eager/gather.ts';
import { carryOut } from './eager/routine.ts';
import { compileGraph, sharedCompiler } from './program/compile.ts';
import { packGraph } from './program/pack.ts';
import { keeping } from './program/revive.ts';
import { refusalOf } from './refusal.ts';

export const wasmBackend: Backend = {
  ...{ name: 'wasm', run, explain },
  compile: compileGraph,
  compiler: sharedCompiler,
  pack: packGraph,
  keeping,
};

/** @throws DeviceError where the engine has no more memory */
function run(work: Work, inputs: readonly Values[]): Values[] {
  try {
    return compute(work, inputs);
  } catch (error) {
    const sizes = inputs.map(({ length }) => length).join(' and ');
    throw refusalOf(error, work.op, `what follows from ${sizes} values`);
  }
}

/** What only moves values does so on the JavaScript heap. */
function compute(work: Work, inputs: readonly Values[]): Values[] {
  const [a, b] = inputs;
  switch (work.op) {
    case 'take':
      return [take(work.planes, a, b as Int32Array)];
    case 'scatterAdd':
      return [scatterAdd(work.planes, work.size, a as Float32Array, b as Int32Array)];
    case 'truncate':
      return [truncate(a as Float32Array)];
    case 'copy':
      return [copy(work.view, a)];
    case 'copyAdd':
      return [copyAdd(work.views, inputs, work.size)];
    case 'fused':
      return fused(work, inputs);
    default:
      return carryOut(work, inputs);
  }
}
