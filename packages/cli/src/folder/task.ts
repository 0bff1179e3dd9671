// What can be learned from a folder: a task says which folders are its own, how they are opened, and how a network that has learned it
// is used. tasks.ts lists them.

import type { nn } from 'neocog';
import type { Recipes, TaskName } from '../recipe.ts';
import type { Lesson } from './lesson.ts';
import type { Machine } from './machine.ts';
import type { FolderSettings } from './settings.ts';
import type { Trained } from './trained.ts';

/** What is left to the command. */
export type Usual = Pick<FolderSettings, 'augment' | 'epochs' | 'batch'> & { readonly lr: number };

/** What of a network learns: all of a fresh one, all of one that was trained before, or its last layer alone. */
export type Start = 'fresh' | 'trained' | 'frozen';

/** Paths of the files below a folder, from there. */
export type Paths = readonly string[];

/** How a folder becomes something to learn. */
export interface Opening {
  readonly name: TaskName;
  /** What its folders hold, to complete `a folder of …`. */
  readonly holds: string;
  /** Options that it has no use for, and what is to be said instead. */
  readonly strange: Readonly<Partial<Record<keyof FolderSettings, string>>>;
  readonly usual: Readonly<Record<Start, Usual>>;
  /** What learns of a network that was trained before, unless it is said. */
  readonly known: Exclude<Start, 'fresh'>;
  /** How many files make a folder its own: 0 for one that is not. */
  countIn(paths: Paths): number;
  /** @throws CommandError for what cannot be learned */
  open(settings: FolderSettings, machine: Machine): Promise<Lesson>;
}

export interface Task<N extends TaskName> extends Opening {
  readonly name: N;
  /** A network that has learned it. */
  trained(network: nn.Module, recipe: Recipes[N]): Trained;
}
