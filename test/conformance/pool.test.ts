// Pooling of rank 1, 2 and 3 against the reference vectors: values, positions of maxima, and gradients.

import { call, conform, type Row, type Table, type Tensor } from './harness.ts';

type WithIndices = { output: Tensor; indices: Tensor };

const maxPool = (rank: number): Row => ({
  needs: `maxPool${rank}dWithIndices`,
  run: ({ input }, { kernel, stride, padding, dilation, ceilMode }) =>
    call<WithIndices>(`maxPool${rank}dWithIndices`, input, kernel, { stride, padding, dilation, ceilMode }),
});

const avgPool = (rank: number): Row => ({
  needs: `avgPool${rank}d`,
  run: ({ input }, { kernel, stride, padding, ceilMode, countIncludePad, divisorOverride }) =>
    call(`avgPool${rank}d`, input, kernel, { stride, padding, ceilMode, countIncludePad, divisorOverride }),
});

const lpPool = (rank: number): Row => ({
  needs: `lpPool${rank}d`,
  run: ({ input }, { kernel, stride, normType, ceilMode }) =>
    call(`lpPool${rank}d`, input, kernel, { stride, normType, ceilMode }),
});

const adaptiveAvgPool = (rank: number): Row => ({
  needs: `adaptiveAvgPool${rank}d`,
  run: ({ input }, { outputSize }) => call(`adaptiveAvgPool${rank}d`, input, outputSize),
});

const adaptiveMaxPool = (rank: number): Row => ({
  needs: `adaptiveMaxPool${rank}dWithIndices`,
  run: ({ input }, { outputSize }) =>
    call<WithIndices>(`adaptiveMaxPool${rank}dWithIndices`, input, outputSize),
});

const maxUnpool = (rank: number): Row => ({
  needs: `maxUnpool${rank}d`,
  run: ({ input, indices }, { kernel, stride, padding, outputSize }) =>
    call(`maxUnpool${rank}d`, input, indices, kernel, { stride, padding, outputSize }),
  eagerOnly: ({ kernel, stride }) =>
    [kernel].flat().some((size, d) => Number(size) > Number([stride].flat()[d]))
      ? 'windows that overlap name cells twice, and values decide which one stays'
      : null,
});

const globalAvgPool = (): Row => ({
  needs: 'globalAvgPool',
  run: ({ input }) => call('globalAvgPool', input),
});

// The positions that the vectors state for the global maximum are those of a window as large as the plane.
const globalMaxPool = (rank: number): Row => ({
  needs: 'globalMaxPool',
  run: ({ input }, { inputSize }) => ({
    ...call<WithIndices>(`maxPool${rank}dWithIndices`, input, inputSize),
    output: call('globalMaxPool', input),
  }),
});

const kinds = {
  maxPool,
  avgPool,
  adaptiveAvgPool,
  adaptiveMaxPool,
  maxUnpool,
  globalAvgPool,
  globalMaxPool,
  lpPool,
};

const table: Table = Object.fromEntries(
  Object.entries(kinds).flatMap(([name, row]) => [1, 2, 3].map((rank) => [`${name}${rank}d`, row(rank)])),
);

await conform('pool', table);
