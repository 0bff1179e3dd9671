// pack: a network as data that runs without this library.

import { flag, isRecord, need } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { backend } from '../backends/current.ts';
import type { ConstantPlace, PackedCode, PackedConstant, PackedGraph } from '../backends/packed.ts';
import { aChoices, type Choices, Measured } from '../backends/tuning.ts';
import { UnsupportedError } from '../errors.ts';
import type { Module } from '../nn/module.ts';
import { aModule } from '../nn/parts.ts';
import { StagedModule } from '../nn/staged.ts';
import { optimize } from './optimize.ts';
import { preferences } from './preferences.ts';
import { type InputShapes, inputField, type ProgramValue, resolveInputs } from './signature.ts';
import { type Traced, traceInference } from './trace.ts';

export type { ConstantPlace, PackedCode, PackedConstant };

/** For which inputs `pack` makes code, and of which kind. */
export interface PackOptions {
  /** Shape of the input or shapes by name, as for `compile`. Needed unless the network states them itself. */
  input?: InputShapes | undefined;
  /** Code whose results are the same bits on every engine, as for `compile`. Default false. */
  exact?: boolean | undefined;
  /** What tuning gave a program of this network: algorithms follow it. Default: they follow estimates. */
  tune?: Choices | undefined;
}

const fields: Fields<PackOptions> = { input: inputField, exact: flag, tune: aChoices };

/** A network for inputs of one shape each, as code and constants. Values of inputs and outputs are row-major. */
export interface PackedProgram extends PackedGraph {
  /** Shapes and types, in the order of the addresses. */
  readonly inputs: readonly ProgramValue[];
  /** Shapes and types, in the order of the addresses. */
  readonly outputs: readonly ProgramValue[];
}

/**
 * What `compile` would make of a network, for one thread, as data: WebAssembly modules for engines with and without relaxed
 * SIMD, the constants that they share, and addresses. A few lines of JavaScript run it; `esModule` of `@neocog/formats`
 * writes them.
 *
 * @throws ShapeError for impossible shapes and options. @throws UnsupportedError if `forward` looks at values or draws
 * some, or on a backend that makes no code.
 * @example const { codes, constants } = pack(models.lenet5(), { input: [1, 1, 28, 28] });
 */
export function pack(module: Module, options: PackOptions = {}): PackedProgram {
  need('pack', 'module', module, aModule);
  if (isRecord(options) && Object.hasOwn(options, 'pixels'))
    throw new UnsupportedError(
      "pack: pixels is for compile, code alone takes tensors; make them by fromPixels of '@neocog/vision', or leave pixels out",
    );
  needOptions('pack', options, fields);
  const inputs = resolveInputs('pack', module, options.input);
  const now = backend();
  if (!now.pack) {
    throw new UnsupportedError(
      `pack: backend '${now.name}' makes no code; call configure({ backend: 'wasm' })`,
    );
  }
  const traced = traceAlone(module, inputs);
  refuseHostWork(traced);
  const { exact = false, tune } = options;
  const { exactConvolution } = preferences;
  const measured = tune ? new Measured(tune) : null;
  const packed = now.pack(optimize(traced.graph, now, { exact }), { exactConvolution, exact, measured });
  return { ...packed, inputs, outputs: traced.outputs };
}

/** @throws UnsupportedError for a network in stages that looks at values */
function traceAlone(module: Module, inputs: readonly ProgramValue[]): Traced {
  try {
    return traceInference({ fn: 'pack', module, inputs });
  } catch (error) {
    if (!(error instanceof UnsupportedError && module instanceof StagedModule)) throw error;
    const [reason] = error.message.split('; ');
    throw new UnsupportedError(`pack: packed code has no host to look at values (${reason}); use compile`, {
      cause: error,
    });
  }
}

/** What a program does in JavaScript around each run is not in its code. */
function refuseHostWork({ host }: Traced): void {
  const work =
    host.draws.length > 0 ? 'draws random numbers' : host.checks.length > 0 ? 'checks indices' : null;
  if (work === null) return;
  throw new UnsupportedError(`pack: the network ${work} in every run, but packed code cannot; use compile`);
}
