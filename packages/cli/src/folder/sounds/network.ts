// The network that is to tell sounds apart: a small one that listens to a mel spectrogram, which is its first layer, so that it takes
// samples as they are; or one of an earlier run.

import { MelSpectrogram } from '@neocog/audio';
import { nn } from 'neocog';
import { CommandError } from '../../files.ts';
import type { SoundRecipe } from '../../recipe.ts';
import { openFile } from '../networkFile.ts';
import { batchOf, withHead } from '../pictures/network.ts';
import { type FolderSettings, smallName } from '../settings.ts';

/** How a network hears. */
export type Hearing = Omit<SoundRecipe, 'classes'>;

/** A network before it knows how many classes there are. */
export interface ChosenSounds {
  readonly title: string;
  /** Null where the sounds decide. */
  readonly hearing: Hearing | null;
  /** Was trained for other sounds; null for a network that knows nothing yet. */
  readonly known: nn.Module | null;
  readonly batch: 1 | null;
  /** Logits `[n, classes]` of sounds `[n, 1, length]`. */
  build(classes: readonly string[], hearing: Hearing): nn.Module;
}

/** @throws CommandError if there is no such network, or it hears no sounds */
export async function chooseEar({ network, weights, seconds }: FolderSettings): Promise<ChosenSounds> {
  if (weights !== null) {
    throw new CommandError('--weights are for networks of pictures; name a file of a network with --network');
  }
  if (network === smallName) {
    const build = ({ length }: readonly string[], hearing: Hearing) => new SoundNet(length, hearing);
    return { title: 'A small network', hearing: null, known: null, batch: null, build };
  }
  const { network: known, recipe } = await openFile(network, [smallName]);
  if (recipe?.task !== 'sound') {
    throw new CommandError(
      `${network} was not trained on sounds; name a network.onnx of neocog train on a folder of sounds`,
    );
  }
  if (seconds !== null) {
    throw new CommandError(`${network} hears as much as it was trained on; leave --seconds out`);
  }
  const { classes: own, ...hearing } = recipe.recipe;
  return {
    ...{ title: network, hearing, known },
    batch: batchOf(network, known.inputs[0]?.shape ?? []),
    build: (classes) => (String(own) === String(classes) ? known : withHead(known, classes.length)),
  };
}

/** Maps of each stage; a stage halves pitches and moments. */
const widths = [16, 32, 64];
/** Bands of pitch that the last layer tells apart. */
const bands = 4;

const stage = (inChannels: number, outChannels: number): nn.Module =>
  new nn.Sequential(
    new nn.Conv2d(inChannels, outChannels, 3, { stride: 2, padding: 1, bias: false }),
    new nn.BatchNorm2d(outChannels),
    new nn.ReLU(),
  );

/** Logits `[n, classes]` of sounds `[n, 1, samples]`. */
export class SoundNet extends nn.Module {
  /** Decibels of each band of pitch at each moment, `[n, 1, bands, moments]`, their mean 0 and deviation 1 in each sound. */
  readonly spectrum: nn.Module;
  readonly network: nn.Module;

  constructor(classes: number, { sampleRate }: Hearing) {
    super();
    this.spectrum = new nn.Sequential(new MelSpectrogram(melOf(sampleRate)), new nn.InstanceNorm2d(1));
    this.network = new nn.Sequential({
      features: new nn.Sequential(...widths.map((width, i) => stage(widths[i - 1] ?? 1, width))),
      // The mean over time; pitches stay apart.
      pool: new nn.AdaptiveAvgPool2d([bands, 1]),
      flatten: new nn.Flatten(),
      dropout: new nn.Dropout(0.2),
      head: new nn.Linear(bands * (widths[widths.length - 1] as number), classes),
    });
  }

  forward(x: Parameters<nn.Module['forward']>[0]) {
    return this.network.forward(this.spectrum.forward(x));
  }
}

/** Windows of about 30 milliseconds, a hundred a second. */
export const melOf = (sampleRate: number) => ({
  sampleRate,
  nFft: 2 ** Math.round(Math.log2(0.032 * sampleRate)),
  hopLength: Math.round(sampleRate / 100),
  nMels: sampleRate < 12_000 ? 32 : 40,
  decibels: true,
  topDb: 80,
});
