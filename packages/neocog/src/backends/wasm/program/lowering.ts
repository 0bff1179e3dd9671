// A program while it is being made: its steps so far, and the arrays they work on. Changes of arrangement are made where a
// node asks for one that is not there yet.

import { assert } from '../../../errors.ts';
import type { FrameInput } from '../../../geometry/frames/picture.ts';
import type { Graph, GraphNode, GraphValue } from '../../graph.ts';
import type { Engine } from '../engine.ts';
import type { Kernel, Step } from '../kernels/kernel.ts';
import { pairsKernel } from '../kernels/moves/pairs.ts';
import { suitsWhole } from '../kernels/winograd/shape.ts';
import { Arrays, type Placed, type Room } from './arrays.ts';
import type { Chooser, ConvChoice } from './choose.ts';
import { Exchanges, type Stop } from './exchanges.ts';
import {
  type Form,
  formKey,
  type Pixels,
  type PixelsSize,
  pixels,
  samePixels,
  spreadPixels,
} from './form.ts';
import { changeForm } from './moves.ts';

/** What the plans of all kernels have in common. */
export interface StepPlan {
  /** Bytes of arrays that threads share while the steps run. */
  readonly workspaces: readonly number[];
  readonly steps: readonly Step[];
}

/** A kernel on rooms. */
export interface PlacedStep {
  readonly kernel: Kernel;
  readonly rooms: readonly Room[];
  /** Index into `entries`. */
  readonly entry: number;
}

/** What one node became, for the report. */
export interface Entry {
  readonly label: string;
  readonly op: string;
  /** What runs, in words. */
  readonly description: string;
  readonly choice: ConvChoice | null;
  readonly multiplyAdds: number;
}

/** Work to do once, before the first run: from `values` in a temporary room to lasting ones. */
export interface Preparation {
  readonly source: Room;
  readonly values: Float32Array;
  /** The array that `values` are, or are a part of. */
  readonly whole: Float32Array;
  readonly steps: readonly { readonly kernel: Kernel; readonly rooms: readonly Room[] }[];
  /** The units that read no more than `values`, where those are a part of an array: its floats from `start` on. */
  readonly part?: { readonly from: number; readonly to: number; readonly start: number };
}

/** An input that is made of frames, and the array of their headers. */
export interface LoweredFrames {
  readonly value: GraphValue;
  readonly input: FrameInput;
  readonly header: Room;
}

export interface Lowered {
  readonly arrays: Arrays;
  readonly steps: readonly PlacedStep[];
  readonly entries: readonly Entry[];
  readonly preparations: readonly Preparation[];
  readonly inputs: readonly Room[];
  readonly outputs: readonly Room[];
  /** Inputs that come as frames. */
  readonly frames: readonly LoweredFrames[];
  /** Where several ranks exchange arrays, in order. */
  readonly stops: readonly Stop[];
}

/** Groups of fewer channels are not worth a word for every two. */
const leastPaired = 8;

/** Whether a convolution reads whole numbers of 16 bits, two channels to a word. */
export function readsPairs(node: GraphNode): boolean {
  if ((node.op !== 'conv' && node.op !== 'inputGrad') || !node.whole) return false;
  const { inChannels, outChannels, groups } = node.geometry;
  if (suitsWhole(node.geometry, node.whole)) return false;
  return (node.op === 'conv' ? inChannels : outChannels) / groups >= leastPaired;
}

const isDepthwise = (node: GraphNode): boolean =>
  'geometry' in node &&
  'groups' in node.geometry &&
  node.geometry.groups > 1 &&
  node.geometry.groups === node.geometry.inChannels;

export class Lowering {
  readonly arrays = new Arrays();
  readonly steps: PlacedStep[] = [];
  readonly entries: Entry[] = [];
  readonly preparations: Preparation[] = [];
  readonly exchanges = new Exchanges();
  readonly engine: Engine;
  readonly chooser: Chooser;
  /** Large weights are handed over in parts. */
  readonly inParts: boolean;
  readonly #lastReader = new Map<GraphValue, GraphNode>();
  readonly #readings = new Map<GraphValue, number>();
  readonly #read: ReadonlySet<GraphValue>;
  readonly #readers: ReadonlySet<GraphValue>;
  readonly #results: ReadonlySet<GraphValue>;
  readonly #shared = new Set<Room>();
  /** What depthwise convolutions read and write. */
  readonly #spread: ReadonlySet<GraphValue>;
  /** What somebody reads otherwise than as pairs of one group. */
  readonly #floats: ReadonlySet<GraphValue>;

  constructor(graph: Graph, engine: Engine, chooser: Chooser, inParts: boolean) {
    this.engine = engine;
    this.chooser = chooser;
    this.inParts = inParts;
    for (const node of graph.nodes)
      for (const value of node.inputs) {
        this.#lastReader.set(value, node);
        this.#readings.set(value, (this.#readings.get(value) ?? 0) + 1);
      }
    this.#readers = new Set(this.#lastReader.keys());
    this.#results = new Set(graph.outputs);
    this.#read = new Set([...this.#readers, ...this.#results]);
    this.#spread = new Set(graph.nodes.filter(isDepthwise).flatMap((n) => [n.inputs[0], n.outputs[0]]));
    const readers = graph.nodes.map((node) => {
      const asPairs =
        readsPairs(node) && 'geometry' in node && 'groups' in node.geometry && node.geometry.groups === 1;
      return asPairs ? node.inputs.slice(1) : node.inputs;
    });
    this.#floats = new Set([...readers.flat(), ...graph.outputs]);
    const moving = graph.updates.flatMap((update) => [...update.gradients, ...update.scalars]);
    for (const value of [...graph.outputs, ...moving]) this.#lastReader.delete(value);
  }

  /** Whether nothing reads a computed value after `node`: its room may be written over. */
  endsWith(value: GraphValue, node: GraphNode): boolean {
    return value.source === 'node' && this.#lastReader.get(value) === node;
  }

  /** Whether one node reads a value, once, and nobody else. */
  isReadOnce(value: GraphValue): boolean {
    return this.#readings.get(value) === 1 && !this.#results.has(value);
  }

  /** Whether all who read a value want pairs. */
  isPairsOnly(value: GraphValue): boolean {
    return this.#readers.has(value) && !this.#floats.has(value);
  }

  /** The pixels to leave a result in. */
  pixelsFor(value: GraphValue, size: PixelsSize): Pixels {
    return (this.#spread.has(value) ? spreadPixels : pixels)(...size);
  }

  isRead(value: GraphValue): boolean {
    return this.#read.has(value);
  }

  begin(entry: Omit<Entry, 'multiplyAdds' | 'choice'> & Partial<Entry>): void {
    this.entries.push({ multiplyAdds: 0, choice: null, ...entry });
  }

  /** Says more of the entry that has begun. */
  describe(more: Partial<Entry>): void {
    const at = this.entries.length - 1;
    this.entries[at] = { ...this.entries[at], ...more };
  }

  /** The steps of a plan, on rooms by the names of its operands; its workspaces are made here. */
  addPlan(plan: StepPlan, given: Readonly<Record<string, Room>>): void {
    const workspaces = plan.workspaces.map((bytes, i) => [`workspace${i}`, this.arrays.room(bytes)]);
    const rooms: Record<string, Room> = { ...given, ...Object.fromEntries(workspaces) };
    for (const { kernel, operands } of plan.steps) {
      this.step(
        kernel,
        operands.map((name) => {
          assert(rooms[name], `operand ${name} of ${kernel.key} has a place`);
          return rooms[name];
        }),
      );
    }
  }

  step(kernel: Kernel, rooms: readonly Room[]): void {
    this.steps.push({ kernel, rooms, entry: this.entries.length - 1 });
  }

  /** A value as pixels, at whatever pitch it has; made if need be. */
  asPixels(value: GraphValue, size: PixelsSize): Placed & { form: Pixels } {
    const form = this.pixelFormOf(value, size);
    return { room: this.as(value, form).room, form };
  }

  /** The pixels as which a value is there, or is to be made. */
  pixelFormOf(value: GraphValue, size: PixelsSize): Pixels {
    const known = this.arrays.formsOf(value).find(({ form }) => samePixels(form, pixels(...size)));
    return known?.form ?? this.pixelsFor(value, size);
  }

  /** Whether a value lies in this arrangement already, or will before the first run. */
  isThere(value: GraphValue, form: Form): boolean {
    return value.source === 'constant' || this.arrays.find(value, form) !== undefined;
  }

  /** Whether a value only leaves the program, as a tensor. */
  isResultOnly(value: GraphValue): boolean {
    return this.#results.has(value) && !this.#readers.has(value);
  }

  asRowMajor(value: GraphValue): Room {
    return this.as(value, null).room;
  }

  /** A value in one arrangement; made if need be. */
  as(value: GraphValue, form: Form): Placed {
    const known = this.arrays.find(value, form);
    if (known) return { ...known, form };
    return form?.paired ? this.#asPairs(value, form) : changeForm(this, value, form);
  }

  #asPairs(value: GraphValue, form: Pixels): Placed {
    const { images, channels, plane, pitch, paired: groups = 1 } = form;
    const floats = this.asPixels(value, [images, channels, plane]);
    const shape = { cells: images * plane, groups, channels: channels / groups };
    const pairs = this.arrays.put(value, form);
    const kernel = pairsKernel({ ...shape, floats: floats.form.pitch, words: pitch });
    this.step(kernel, [floats.room, pairs.room]);
    return pairs;
  }

  /** Says that `value` is another name for what lies in a room already. Nothing is written there in place from now on. */
  alias(value: GraphValue, form: Form, room: Room): void {
    this.arrays.put(value, form, room);
    this.#shared.add(room);
  }

  /** Where a node is to leave a result: a room of its own, or that of an input that nobody needs afterwards. */
  result(value: GraphValue, form: Form, node: GraphNode, reusable: readonly GraphValue[] = []): Placed {
    for (const input of this.arrays.isReserved(value) ? [] : reusable) {
      if (!this.endsWith(input, node) || input.dtype !== value.dtype) continue;
      const old = this.arrays.formsOf(input).find((placed) => formKey(placed.form) === formKey(form));
      if (old && !old.room.lasting && !this.#shared.has(old.room))
        return this.arrays.put(value, form, old.room);
    }
    return this.arrays.put(value, form);
  }
}
