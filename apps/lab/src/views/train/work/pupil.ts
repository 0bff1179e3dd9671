// A network that learns or has learnt, with all that is needed to go on.

import type { nn } from 'neocog';
import type { Description } from './facts.ts';
import type { DataSet } from './set.ts';

export interface Pupil {
  readonly net: nn.Module;
  readonly description: Description;
  /** Passes of a run that is not known any more. */
  readonly before: number;
  /** Where its run stood when it was stopped; null for one that has no run. */
  checkpoint: Uint8Array | null;
  /** The pictures of the checkpoint, where they are known. */
  data: DataSet | null;
}
