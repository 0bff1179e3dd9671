// What a Program runs: one executable, or several with work of the host between them. A Program checks what callers give, and
// lets calls take turns; a Runner computes.

import type { ProgramReport } from '../backends/executable.ts';
import type { Given } from '../backends/frames.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { GivenValue, OpenValue } from './signature.ts';

/** Where a run leaves its results. */
export interface Destination {
  /** Tensors to write into, one for each output, or undefined for a new one. */
  readonly into: readonly (Tensor | undefined)[];
  /** Whether results may stay in the runner's memory, until its next run. */
  readonly view: boolean;
}

/** The rest of a run, which begins when it is its turn. */
export type Run = (to: Destination) => Promise<Tensor[]>;

/** A network made ready to run. */
export interface Runner {
  /** What a run takes, as tensors or as frames. */
  readonly inputs: readonly GivenValue[];
  /** What a run gives; names stand for sizes that follow from values. */
  readonly outputs: readonly OpenValue[];
  /** Whether inputs are read after a run has begun, so that nobody may change them meanwhile. */
  readonly readsLater: boolean;
  /** Looks at the inputs when a run is called, and draws its random numbers. */
  begin(given: readonly Given[]): Run;
  /** What runs, and on which memory. */
  report(): ProgramReport;
  /** Once more on what the inputs were last, with times. */
  profile(): Promise<ProgramReport>;
  /** The generated code. */
  text(): string;
  /** Frees memory and threads. */
  dispose(): void;
}
