// The views of the Lab, in the order of the header. A view is a component that loads when it is opened.

import type { Component } from 'svelte';

export interface View {
  /** Its part of the address: `#/layer`. */
  readonly id: string;
  /** In the header. */
  readonly name: string;
  /** What one does there, in a short sentence. */
  readonly purpose: string;
  readonly load: () => Promise<{ default: Component }>;
  /**
   * Whether it computes with several threads, which need an isolated page. On a host that sends no headers the page is
   * loaded anew, once, through the service worker.
   */
  readonly wantsThreads?: true;
}

export const views: readonly View[] = [
  {
    id: 'layer',
    name: 'Layer',
    purpose: 'Watch a window slide over an input, and see what each option changes.',
    load: () => import('./views/layer/LayerBench.svelte'),
  },
  {
    id: 'filters',
    name: 'Filters',
    purpose: 'Lay small matrices over a picture or a camera, and see what each number does.',
    load: () => import('./views/filters/Filters.svelte'),
    wantsThreads: true,
  },
  {
    id: 'inside',
    name: 'Look inside',
    purpose: 'See what each layer of a network makes of a picture, and where its time goes.',
    load: () => import('./views/inside/LookInside.svelte'),
    wantsThreads: true,
  },
  {
    id: 'train',
    name: 'Train',
    purpose: 'Teach a network digits, garments or your own pictures, and watch it learn.',
    load: () => import('./views/train/Train.svelte'),
    wantsThreads: true,
  },
  {
    id: 'teach',
    name: 'Teach',
    purpose: 'Show a network two to five things, or let it hear them, and it tells them apart.',
    load: () => import('./views/teach/Teach.svelte'),
    wantsThreads: true,
  },
];

/** Opens where the address names no view. */
export const firstView = views[0]!;
