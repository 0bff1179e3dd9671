// A folder as something to learn, whatever it holds: what learns, from what, and what a report says of it.

import type { BrokenSample, FitOptions, nn } from 'neocog';
import type { NamedRecipe } from '../recipe.ts';
import type { Html } from '../report/html.ts';
import type { Machine } from './machine.ts';
import type { Placed } from './placeHead.ts';
import type { Samples } from './samples.ts';

export type Loss = NonNullable<FitOptions['loss']>;

/** What one sample is called. */
export type Noun = 'picture' | 'sound';

export interface Lesson {
  /** The folder's own name. */
  readonly name: string;
  /** Of the network. */
  readonly title: string;
  /** For a line: what there is to learn, and how the network sees it. */
  readonly about: string;
  readonly noun: Noun;
  readonly module: nn.Module;
  /** Whether the module takes one sample at a time; null for any number. */
  readonly batch: 1 | null;
  /** The parts of a module whose last layer alone learns; null if all of it does. */
  readonly placed: Placed | null;
  /** Shape of one sample. */
  readonly input: readonly number[];
  /** Shape of what a sample is taught as: empty for a class, height and width for a class at each pixel. */
  readonly target: readonly number[];
  readonly train: Samples;
  /** Whether samples to train on are the same in every epoch. */
  readonly isStill: boolean;
  /** Never trained on. */
  readonly heldOut: Samples;
  readonly loss: Loss;
  readonly recipe: NamedRecipe;
  /** Measures the module on what is held out. */
  report(machine: Machine): Promise<TaskReport>;
}

/** What a report says that depends on what was learned. */
export interface TaskReport {
  /** Completes `A network that …`. */
  readonly lead: Html;
  readonly figures: readonly (readonly [name: string, value: string])[];
  readonly sections: readonly Html[];
  /** What the network saw while it learned. */
  readonly seen: Html;
  /** Of what was held out. */
  readonly broken: readonly BrokenSample[];
  /** For the terminal, such as `97.22 % right`. */
  readonly told: string;
  /** What to do with the network: arguments of the command behind its file, and a remark. */
  readonly uses: readonly (readonly [command: string, rest: string, remark: string])[];
}
