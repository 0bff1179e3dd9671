// What a network answers, as people read it: classes in order of their shares, or a line per output.

import { softmax, type Tensor } from 'neocog';
import { CommandError, readWhole } from '../files.ts';
import { statisticsOf } from '../inspect/statistics.ts';
import { formatColumns, formatShare, formatValue } from '../table.ts';

export interface Answer {
  readonly class: string;
  readonly probability: number;
}

/** The classes with their shares, the largest first. */
export const rank = (classes: readonly string[], shares: ArrayLike<number>): Answer[] =>
  classes
    .map((name, i) => ({ class: name, probability: shares[i] }))
    .sort((a, b) => b.probability - a.probability);

const barWidth = 30;

export function describeAnswers(answers: readonly Answer[]): string {
  const width = Math.max(...answers.map((answer) => answer.class.length));
  const lines = answers.map(({ class: name, probability }) => {
    const bar = '█'.repeat(Math.round(barWidth * probability));
    return `${name.padEnd(width)}  ${formatShare(probability).padStart(8)}  ${bar}`.trimEnd();
  });
  return `${lines.join('\n')}\n`;
}

/**
 * The shares of classes where an output is one row of scores, `[1, n]` or with spatial axes of 1; scores that are no shares
 * yet go through softmax.
 */
export function sharesOf(output: Tensor): Float32Array | undefined {
  const { shape, size, data } = output;
  const isRow = shape.length !== 3 && shape.includes(size);
  if (!(data instanceof Float32Array) || size < 2 || !isRow) return undefined;
  const sum = data.reduce((all, value) => all + value, 0);
  const areShares = data.every((value) => value >= 0) && Math.abs(sum - 1) < 1e-3;
  // Of a float32 tensor, softmax gives float32 values.
  return areShares ? data : (softmax(output, { axis: shape.indexOf(size) }).data as Float32Array);
}

/** Names of classes: a JSON array, a JSON object by number, or a line each. */
export async function readLabels(path: string): Promise<string[]> {
  const text = new TextDecoder().decode(await readWhole('the labels', path));
  if (!/^\s*[[{]/.test(text)) return text.trimEnd().split(/\r?\n/);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new CommandError(
      `${path} is not valid JSON; pass a JSON list of names, or a text file with one name per line`,
    );
  }
  // ImageNet's well-known list has [id, name] by number.
  return Object.values(json as object).map((name) => String(Array.isArray(name) ? name.at(-1) : name));
}

/** A line for each output: its shape and what its values are like. */
export const describeOutputs = (outputs: Readonly<Record<string, Tensor>>): string =>
  formatColumns(
    [
      ['output', 'shape', 'dtype', 'mean', 'std', 'min', 'max'],
      ...Object.entries(outputs).map(([name, t]) => {
        const { mean, std, min, max } = statisticsOf([t]);
        return [name, t.shape.join('×') || 'scalar', t.dtype, ...[mean, std, min, max].map(formatValue)];
      }),
    ],
    3,
  );
