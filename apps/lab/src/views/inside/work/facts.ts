// What the worker tells the page of a network, and what the page asks: plain data.

import type { NetworkNode } from 'neocog';

/** Where a network comes from. */
export type Origin =
  | { readonly kind: 'trained'; readonly id: string; readonly bytes: Uint8Array }
  | { readonly kind: 'architecture'; readonly name: string }
  | {
      readonly kind: 'files';
      readonly files: Readonly<Record<string, Uint8Array>>;
      /** For weights alone: the network of the library that they belong to. */
      readonly model?: string | undefined;
    };

/** What the network is to be seen with, where that is open. */
export interface Seeing {
  /** Side of the picture where the network leaves it open. */
  readonly side: number | null;
}

/** A layer or an operation, for the drawing and the table. */
export interface LayerFacts extends Omit<NetworkNode, 'inputs'> {
  readonly inputs: readonly number[];
  readonly receptiveField: {
    readonly size: readonly number[];
    readonly jump: readonly number[];
    readonly start: readonly number[];
  } | null;
  /** Whether its values can be looked at: of operations between layers, only what their module gives in the end. */
  readonly seen: boolean;
  /** Of a layer with kernels: their shape. */
  readonly kernel: readonly number[] | null;
}

/** How pictures become the input of the network. */
export interface PixelRule {
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** What 255 becomes before that: 1 or 255. */
  readonly top: number;
}

export interface NetworkFacts {
  readonly title: string;
  /** `ONNX`, `TensorFlow.js`, …; `neocog` for networks of the library. */
  readonly format: string;
  readonly random: boolean;
  readonly parameters: number;
  readonly multiplyAdds: number;
  readonly layers: readonly LayerFacts[];
  /** Of pictures, channels first; null for a network that takes none, which says why. */
  readonly picture: readonly [channels: number, height: number, width: number] | null;
  readonly whyNoPicture: string | null;
  /** Whether the sides of the picture are open. */
  readonly open: boolean;
  /** How many classes it tells apart; null if it gives no scores. */
  readonly classes: number | null;
  readonly names: readonly string[] | null;
  /** What the file says of its pictures. */
  readonly rule: PixelRule | null;
  readonly fit: 'cover' | 'contain' | 'stretch';
  readonly metadata: Readonly<Record<string, string>>;
}

/** Weights that say nothing of their network. */
export interface WeightsFacts {
  readonly format: string;
  readonly tensors: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** Networks of the library whose keys are the same. */
  readonly fits: readonly string[];
}
