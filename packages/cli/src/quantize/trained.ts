// A network of `neocog train FOLDER`, measured on such a folder.

import type { Tensor } from 'neocog';
import { usualMachine } from '../folder/machine.ts';
import type { Trained } from '../folder/trained.ts';
import { tellBroken } from '../progress.ts';
import type { Measure } from './change.ts';

/** Of classes or masks. */
interface Scores {
  readonly accuracy: number;
}

/** What is counted by the name of what it is. */
const countOf = (scores: Scores): number => Object.values(scores)[0];

export function onFolder(
  trained: Trained,
  folder: string,
  { samples }: { readonly samples: number },
): Measure {
  const { workers } = usualMachine();
  let before = Number.NaN;
  return {
    async first() {
      const inputs: Tensor[] = [];
      const look = (x: Tensor): void => void (inputs.length < samples && inputs.push(x));
      const { json, broken } = await trained.evaluate(folder, { workers, look });
      tellBroken(broken);
      before = (json as Scores).accuracy;
      return { inputs };
    },
    async again() {
      const { json } = await trained.evaluate(folder, { workers });
      const scores = json as Scores;
      return { samples: countOf(scores), accuracyBefore: before, accuracy: scores.accuracy };
    },
  };
}
