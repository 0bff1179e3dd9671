// Layers to begin with: each shows one thing.

import type { LayerSettings } from './settings.ts';

export interface Preset {
  readonly name: string;
  /** What it shows. */
  readonly hint: string;
  readonly settings: Partial<LayerSettings>;
}

export const presets: readonly Preset[] = [
  { name: 'Plain', hint: 'A 3 × 3 kernel, one cell at a time', settings: {} },
  {
    name: 'Stride 2',
    hint: 'The window leaves out every second place',
    settings: { size: [7], stride: [2] },
  },
  { name: 'Padding', hint: 'A border of zeros keeps the size', settings: { pad: 'same' } },
  { name: 'Dilation', hint: 'The same nine taps, further apart', settings: { size: [8], dilation: [2] } },
  {
    name: 'Groups',
    hint: 'Channels in two halves that do not see each other',
    settings: { in: 4, out: 4, groups: 2, size: [5] },
  },
  {
    name: 'Depthwise',
    hint: 'One filter for each channel',
    settings: { in: 3, out: 3, groups: 3, size: [5], pad: 'same' },
  },
  {
    name: 'Transposed',
    hint: 'Each input cell stamps the kernel',
    settings: { op: 'transposed', size: [3], stride: [2], w: 'numbers', x: 'numbers' },
  },
  {
    name: 'Max pool',
    hint: 'The largest of each window',
    settings: { op: 'max', kernel: [2], stride: [2], x: 'numbers' },
  },
  { name: 'Signal', hint: 'Along one axis', settings: { rank: '1', size: [14], stride: [1] } },
  {
    name: 'Causal',
    hint: 'Nothing sees what comes later',
    settings: { rank: '1', size: [12], kernel: [3], dilation: [2], pad: 'causal', w: 'ones' },
  },
  { name: 'Volume', hint: 'A kernel with depth', settings: { rank: '3', size: [4], kernel: [2] } },
];
