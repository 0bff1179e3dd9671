// Exact programs give the bits that are written down here, whatever the engine and however many threads.

import * as neocog from 'neocog';
import { afterEach, describe, expect, it } from 'vitest';
import { type Engine, overrideEngine } from '../packages/neocog/src/backends/wasm/engine.ts';
import { exactnessHashes, expectedHashes } from './exactness.ts';

let before: Engine | null = null;

afterEach(() => {
  if (before) overrideEngine(before);
  before = null;
});

describe('exact programs', () => {
  it('give the same bits on every engine', async () => {
    expect(await exactnessHashes(neocog)).toEqual(expectedHashes);
  });

  it('give them on two threads, and whatever the engine has', async () => {
    before = overrideEngine({ fma: false });
    overrideEngine({ keepsOrder: !before.keepsOrder });
    expect(await exactnessHashes(neocog, { threads: 2 })).toEqual(expectedHashes);
  });
});
