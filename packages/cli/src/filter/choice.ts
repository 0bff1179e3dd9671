// From the words of a command line to a filter: its name, its settings, how its answers are shown.

import { filters, type PaddingMode } from 'neocog';
import { CommandError } from '../files.ts';
import { askForNear, findName } from '../names.ts';
import type { Tone, Treatment } from './bands.ts';

type Settings = filters.FilterSettings;

/** What a command line may say about one filter. */
export interface FilterWords extends Settings {
  readonly matrix?: filters.Matrix;
  readonly flip?: boolean;
  readonly signed?: boolean;
  readonly gain?: number;
}

/** gaussianBlur → gaussian-blur, as commands are written. */
export const commandName = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** @throws CommandError for an unknown name, with the nearest ones. */
export function findFilter(name: string): filters.Filter {
  const known = filters.catalogue.map((filter) => commandName(filter.name));
  const found = findName(known, name);
  if (found !== undefined) return filters.catalogue[known.indexOf(found)];
  const meant = askForNear(known, name) || ';';
  throw new CommandError(`there is no filter '${name}'${meant} neocog filter --list names them all`);
}

/** Every setting's name that some filter knows. */
export const settingNames = [
  ...new Set(filters.catalogue.flatMap(({ settings }) => settings.map(({ name }) => name))),
];

/**
 * A named filter, or a matrix of the user's, ready to run. @throws CommandError for words that do not fit it.
 */
export function chooseTreatment(name: string | undefined, words: FilterWords): Treatment {
  const paddingMode = words.paddingMode ?? 'replicate';
  return name === undefined
    ? matrixTreatment(words, paddingMode)
    : namedTreatment(findFilter(name), words, paddingMode);
}

function namedTreatment(filter: filters.Filter, words: FilterWords, paddingMode: PaddingMode): Treatment {
  const given = settingNames.filter((setting) => words[setting] !== undefined);
  refuseStrangers(filter, given, words);
  const settings: Settings = {
    paddingMode,
    ...Object.fromEntries(given.map((setting) => [setting, words[setting]])),
  };
  const passes = filter.passes(settings);
  const tone = filter.signed ? signedTone(words, strengthOf(passes)) : plainTone;
  return { run: (image) => filter.run(image, settings), reach: reachOf(passes), paddingMode, tone };
}

/** Words that would change nothing are mistakes. */
function refuseStrangers(filter: filters.Filter, given: readonly string[], words: FilterWords): void {
  const name = commandName(filter.name);
  const own = filter.settings.map((setting) => setting.name as string);
  const stranger = given.find((setting) => !own.includes(setting));
  if (stranger) {
    const there =
      own.length > 0 ? `it takes ${own.map((setting) => `--${setting}`).join(', ')}` : 'it takes none';
    throw new CommandError(`${name} has no setting --${stranger}; ${there}`);
  }
  const shown = (['signed', 'gain'] as const).find((word) => words[word] !== undefined);
  if (shown && !filter.signed) {
    throw new CommandError(
      `--${shown} is for results of both signs, which ${name} does not give; leave it out`,
    );
  }
  const { direction = 'magnitude' } = words;
  if (words.signed && own.includes('direction') && direction === 'magnitude') {
    throw new CommandError(
      '--signed needs a direction, since a magnitude has no sign; add --direction x or y',
    );
  }
}

function matrixTreatment(words: FilterWords, paddingMode: PaddingMode): Treatment {
  const stranger = settingNames.find((setting) => words[setting] !== undefined);
  if (stranger) throw new CommandError(`a --matrix has no setting --${stranger}; leave it out`);
  const matrix = words.matrix!;
  const options = { paddingMode, flipKernel: words.flip ?? false };
  const weights = matrix.flat();
  const balance = Math.abs(sum(weights)) / (sum(weights.map(Math.abs)) || 1);
  const edges = balance < 1e-6;
  const tone: Tone = { gain: words.gain ?? 1, show: words.signed ? 'signed' : edges ? 'magnitude' : 'value' };
  return {
    run: (image) => filters.apply(image, matrix, options),
    reach: reachOf([matrix]),
    paddingMode,
    tone,
  };
}

const plainTone: Tone = { gain: 1, show: 'value' };

/** A step of a quarter of the range is white then: edges in photographs are rarely higher. */
const usualGain = 4;

/** `strength` is the largest answer there can be: what a step from black to white gives. */
const signedTone = ({ gain = usualGain, signed }: FilterWords, strength: number): Tone => ({
  gain: gain / strength,
  show: signed ? 'signed' : 'magnitude',
});

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

const strengthOf = (passes: readonly filters.Matrix[]): number =>
  Math.max(...passes.map((matrix) => sum(matrix.flat().filter((weight) => weight > 0))));

const reachOf = (passes: readonly filters.Matrix[]): number =>
  Math.max(...passes.map((matrix) => Math.floor(matrix.length / 2)));
