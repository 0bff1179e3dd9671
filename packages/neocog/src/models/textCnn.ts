// The sentence classifier of Kim, "Convolutional neural networks for sentence classification", 2014: convolutions over
// 3, 4 and 5 neighbouring words, and of each map only its largest value.

import { count, listOf, whole } from '../arguments/field.ts';
import {
  Conv1d,
  Dropout,
  Embedding,
  Flatten,
  GlobalMaxPool,
  Linear,
  type Module,
  Sequential,
} from '../nn/index.ts';
import { permute } from '../ops/index.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Parallel } from './blocks.ts';
import { withDefaults } from './options.ts';

/** Words, kernels and classes of `textCnn`. */
export interface TextCnnOptions {
  /** Number of classes. Default 2. */
  classes?: number | undefined;
  /** Numbers that describe a word. Default 300. */
  inChannels?: number | undefined;
  /** Words whose numbers are learned: the network then takes word numbers. Default 0: it takes the columns themselves. */
  vocabulary?: number | undefined;
  /** Maps of each kernel size. Default 100. */
  width?: number | undefined;
  /** Words that the kernels span. Default 3, 4 and 5. */
  kernels?: readonly number[] | undefined;
  /** Probability of dropout before the classifier. Default 0.5. */
  dropout?: number | undefined;
}

/** A learned column of numbers for each word: int32 `[n, words]` → `[n, channels, words]`. */
class WordVectors extends Embedding {
  override forward(words: Tensor): Tensor {
    return permute(super.forward(words), [0, 2, 1]);
  }
}

/**
 * Logits `[n, classes]` of sentences `[n, 300, words]`, a column of numbers per word (360,902 parameters), or with a
 * vocabulary of int32 `[n, words]`. Pad sentences to at least as many words as the largest kernel spans.
 */
export function textCnn(options: TextCnnOptions = {}): Module {
  const { classes, inChannels, vocabulary, width, kernels, dropout } = withDefaults(
    'textCnn',
    options,
    {
      classes: 2,
      inChannels: 300,
      vocabulary: 0,
      width: 100,
      kernels: [3, 4, 5] as readonly number[],
      dropout: 0.5,
    },
    { vocabulary: whole(0), kernels: listOf('kernels', count, 1) },
  );
  const branch = (kernel: number): Module =>
    new Sequential(new Conv1d(inChannels, width, kernel, { activation: 'relu' }), new GlobalMaxPool());
  return new Sequential({
    ...(vocabulary !== 0 && { embedding: new WordVectors(vocabulary, inChannels) }),
    convs: new Parallel(kernels.map(branch)),
    flatten: new Flatten(),
    dropout: new Dropout(dropout),
    fc: new Linear(width * kernels.length, classes),
  });
}
