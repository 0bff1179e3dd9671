// How `neocog train FOLDER` trains: what was asked for, the rest filled in, and the same read again from a run that goes on.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError } from '../files.ts';
import type { TaskName } from '../recipe.ts';

/** Shapes of the learning rate over a run. */
export const schedules = ['cosine', 'one-cycle', 'step', 'constant'] as const;
/** How strongly samples are changed at random while they are learned from. */
export const augmentations = ['none', 'light', 'strong'] as const;
/** Logs that can be written beside log.csv. */
export const logs = ['json', 'tensorboard'] as const;

export type Strength = (typeof augmentations)[number];

/** What decides a run, whatever the machine. */
export interface FolderSettings {
  readonly data: string;
  readonly task: TaskName;
  /** A network of the library, a file, or the small network that this command brings. */
  readonly network: string;
  /** Weights to begin with, for a network of the library. */
  readonly weights: string | null;
  /** Only the last layer learns. */
  readonly freeze: boolean;
  /** Side of the pictures that the network sees; null for that of the network. */
  readonly size: number | null;
  /** Of sounds, how much the network hears; null for what most of them have. */
  readonly seconds: number | null;
  readonly augment: Strength;
  readonly epochs: number;
  readonly batch: number;
  readonly lr: number | 'auto';
  readonly schedule: (typeof schedules)[number];
  /** Epochs without improvement after which training ends; null: never. */
  readonly patience: number | null;
  readonly seed: number;
  /** The share of the samples that is held out. */
  readonly holdOut: number;
  readonly strict: boolean;
  /** Beside log.csv. */
  readonly log: readonly (typeof logs)[number][];
}

/** The name of the small network that this command brings for each task. */
export const smallName = 'small';

const settingsName = 'settings.json';

export const encodeSettings = (settings: object): string => `${JSON.stringify(settings, null, 2)}\n`;

export const settingsPath = (folder: string): string => join(folder, settingsName);

/** The settings of a run that is to go on. @throws CommandError if there is none */
export async function readSettings<Settings extends object = FolderSettings>(
  folder: string,
): Promise<Settings> {
  const path = settingsPath(folder);
  try {
    // What this command wrote; a file that somebody changed is refused where it does not fit.
    return JSON.parse(await readFile(path, 'utf8')) as Settings;
  } catch (error) {
    throw new CommandError(
      `${folder} holds no run to go on with (${(error as Error).message}); name the folder of one that was interrupted`,
    );
  }
}

/**
 * @param kept the settings of the run that a folder holds
 * @param typed undefined for what was left to that run
 * @throws CommandError where they differ
 */
export function needSame(folder: string, kept: object, typed: object): void {
  const given = new Map(Object.entries(typed));
  for (const [name, value] of Object.entries(kept)) {
    const other = given.get(name);
    if (other === undefined || JSON.stringify(other) === JSON.stringify(value)) continue;
    throw new CommandError(
      `the run in ${folder} has ${name} ${value}, and ${other} was given; give what it has, or begin another run with --out and without --resume`,
    );
  }
}

/** What to type for the same training again. */
export function commandLine({ data, ...settings }: FolderSettings): string {
  const words = Object.entries(settings).flatMap(([key, value]) => wordOf(dashed(key), value));
  // Of a network that knows something, the last layer alone would learn.
  const all = !settings.freeze && (settings.network !== smallName || settings.weights) ? ['--no-freeze'] : [];
  return ['train', quoted(data), ...words, ...all].join(' ');
}

/** As a shell takes it for one word. */
const quoted = (text: string): string =>
  /^[\w./,:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

const dashed = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function wordOf(name: string, value: unknown): string[] {
  if (value === null || value === false || (Array.isArray(value) && value.length === 0)) return [];
  return value === true ? [`--${name}`] : [`--${name} ${quoted(String(value))}`];
}
