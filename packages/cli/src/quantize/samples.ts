// Any network on samples of which nobody knows the right answer: what it said before is what it should say.

import { type nn, noGrad, type Tensor } from 'neocog';
import { filesAt } from '../folder/trained.ts';
import { StageBar } from '../progress.ts';
import { sharesOf } from '../run/answers.ts';
import { readFeeds } from '../run/imported.ts';
import type { PictureWords } from '../run/pictureWords.ts';
import type { Measure } from './change.ts';

const sampleFiles = {
  noun: 'sample',
  endings: /\.(png|jpe?g|webp|npy|npz)$/i,
  formats: 'PNG, JPEG, WebP, or inputs as NPY, NPZ',
};

/** So many of a list, evenly from its beginning to its end. */
export const spread = <T>(all: readonly T[], most: number): T[] => {
  const count = Math.min(most, all.length);
  return Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)] as T);
};

type Outputs = Readonly<Record<string, Tensor>>;

export async function onSamples(
  network: nn.NamedModule,
  path: string,
  { samples, ...words }: PictureWords & { readonly samples: number },
): Promise<Measure> {
  const inputs: Outputs[] = [];
  for (const file of spread(await filesAt(path, sampleFiles), samples))
    inputs.push((await readFeeds(network, file, words)).feeds);
  const answers = (stage: string): Outputs[] => {
    const bar = new StageBar();
    try {
      return inputs.map((feeds, i) => {
        bar.update(stage, i / inputs.length);
        return noGrad(() => network.run(feeds));
      });
    } finally {
      bar.stop();
    }
  };
  let before: Outputs[] = [];
  return {
    first: async () => {
      before = answers('asking the network');
      return { inputs };
    },
    again: async () => compare(before, answers('asking it again')),
  };
}

function compare(before: readonly Outputs[], after: readonly Outputs[]) {
  let [squares, error, same] = [0, 0, 0];
  let classes = true;
  before.forEach((outputs, i) => {
    for (const [name, { data }] of Object.entries(outputs))
      data.forEach((value, k) => {
        squares += value ** 2;
        error += (value - (after[i]?.[name]?.data[k] ?? Number.NaN)) ** 2;
      });
    const [first, now] = [outputs, after[i]].map((all) => sharesOf(Object.values(all ?? {})[0] as Tensor));
    if (first && now) same += Number(likeliest(first) === likeliest(now));
    else classes = false;
  });
  const difference = squares > 0 ? Math.sqrt(error / squares) : Math.sqrt(error);
  return { samples: before.length, same: classes ? same / before.length : null, difference };
}

const likeliest = (shares: ArrayLike<number>): number =>
  Array.from(shares).reduce((best, share, i, all) => (share > (all[best] as number) ? i : best), 0);
