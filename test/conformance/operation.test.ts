// Columns and their sums, single elements by indices, running sums, triangles, the tangent, normalisation over neighbouring
// channels, smoothed resizing and dilated averages against the reference vectors: values and gradients.

import { call, conform, type Row, type Table } from './harness.ts';

const withOptions = (needs: string): Row => ({
  needs,
  run: ({ input }, { rank: _, ...options }) => call(needs, input, options),
});

const pooling = (needs: string): Row => ({
  needs,
  run: ({ input }, { rank: _, kernel, ...options }) => call(needs, input, kernel, options),
});

const table: Table = {
  unfold: pooling('unfold'),
  fold: {
    needs: 'fold',
    run: ({ input }, { rank: _, outputSize, kernel, ...options }) =>
      call('fold', input, outputSize, kernel, options),
  },
  localResponseNorm: {
    needs: 'localResponseNorm',
    run: ({ input }, { size, ...options }) => call('localResponseNorm', input, size, options),
  },
  gather: {
    needs: 'gather',
    run: ({ input, indices }, options) => call('gather', input, indices, options),
  },
  scatter: {
    needs: 'scatter',
    run: ({ input, indices, values }, options) => call('scatter', input, indices, values, options),
  },
  scatterAdd: {
    needs: 'scatter',
    run: ({ input, indices, values }, options) =>
      call('scatter', input, indices, values, { ...options, reduction: 'add' }),
  },
  tan: { needs: 'tan', run: ({ input }) => call('tan', input) },
  ...Object.fromEntries(['cumSum', 'tril', 'triu', 'resize'].map((name) => [name, withOptions(name)])),
  ...Object.fromEntries(
    [1, 2, 3].flatMap((rank) =>
      ['avgPool', 'lpPool'].map((name) => [`${name}${rank}d`, pooling(`${name}${rank}d`)]),
    ),
  ),
};

await conform('operation', table);
