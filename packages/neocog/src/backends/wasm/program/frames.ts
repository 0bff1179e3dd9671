// Frames on their way into a program's memory: as they are, in the array behind everything else, which grows when larger frames come,
// with the tables of weights for their sizes and a header for each.

import { type FrameInput, type FramePlan, planFrame } from '../../../geometry/frames/picture.ts';
import type { WholeWeights } from '../../../geometry/frames/weights.ts';
import { bytesOf, type Frame, type Given, isFrames } from '../../frames.ts';
import type { Graph } from '../../graph.ts';
import { Cache } from '../eager/cache.ts';
import {
  blockPixels,
  entryHead,
  type FrameShape,
  type Header,
  headerFields,
  modes,
  pairBytes,
  shapeOf,
  toVectors,
} from '../kernels/frames/shape.ts';
import { vectorBytes } from '../kernels/sizes.ts';
import type { Room } from './arrays.ts';
import type { LoweredFrames } from './lowering.ts';

/** Bytes to write, so far behind the array of frames. */
export interface FrameWrite {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** Where frames lie. */
export interface PlacedFrames {
  /** What the headers of all images hold. */
  readonly headers: Int32Array;
  readonly writes: readonly FrameWrite[];
  /** Where what they need of the array ends. */
  readonly end: number;
}

/** What frames of one size need, whatever they show. */
interface SizePlan {
  readonly fitted: FramePlan;
  /** The part of the frame that is seen. */
  readonly columns: Span;
  readonly rows: Span;
  readonly across: Uint8Array;
  readonly acrossPairs: number;
  readonly down: Uint8Array;
  readonly downPairs: number;
}

interface Span {
  readonly first: number;
  readonly end: number;
}

/** Sizes of frames that are remembered: of cameras, windows and their turns. */
const rememberedSizes = 16;

/** Places frames for one input of a program. */
export class FramePlacer {
  readonly #shape: FrameShape;
  readonly #plans = new Cache<SizePlan>(rememberedSizes);

  constructor(input: FrameInput) {
    this.#shape = shapeOf(input);
  }

  /** As many frames as the input has images, from a place in the array on. */
  place(frames: readonly Frame[], start: number): PlacedFrames {
    const placed: { header: Header; writes: readonly FrameWrite[] }[] = [];
    let end = start;
    for (const frame of frames) {
      const plan = this.#plans.get(`${frame.width}x${frame.height}x${bytesOf(frame)}`, () =>
        planSize(this.#shape, frame),
      );
      const one = placeFrame(this.#shape, plan, { frame, start: end });
      placed.push(one);
      end = one.end;
    }
    const words = placed.flatMap(({ header }) => headerFields.map((field) => header[field]));
    return { headers: Int32Array.from(words), writes: placed.flatMap(({ writes }) => writes), end };
  }

  /** Headers that leave the values as they are. */
  nothing(): Int32Array {
    return new Int32Array(this.#shape.input.images * headerFields.length).fill(modes.nothing);
  }
}

/** The memory of a program, as far as frames go. */
export interface FrameMemory {
  /** Makes the array of frames at least so large. */
  reserve(bytes: number): void;
  /** Bytes of the array of frames. */
  tail(at: number, length: number): Uint8Array;
  /** The words of headers. */
  header(room: Room, length: number): Int32Array;
}

/** Writes the frames of a run for all inputs that are made of such. */
export class FrameWriter {
  readonly #inputs: readonly {
    readonly index: number;
    readonly header: Room;
    readonly placer: FramePlacer;
  }[];
  readonly #memory: FrameMemory;

  constructor(graph: Pick<Graph, 'inputs'>, frames: readonly LoweredFrames[], memory: FrameMemory) {
    this.#memory = memory;
    this.#inputs = frames.map(({ value, input, header }) => ({
      index: graph.inputs.indexOf(value),
      header,
      placer: new FramePlacer(input),
    }));
  }

  /** What is given as values is left to others. Nothing is written before there is memory for all. */
  write(inputs: readonly Given[]): void {
    let end = 0;
    const all = this.#inputs.map(({ index, header, placer }) => {
      const given = inputs[index];
      if (!isFrames(given)) return { header, headers: placer.nothing(), writes: [] };
      const placed = placer.place(given, end);
      end = placed.end;
      return { header, ...placed };
    });
    this.#memory.reserve(end);
    for (const { header, headers, writes } of all) {
      this.#memory.header(header, headers.length).set(headers);
      for (const { at, bytes } of writes) this.#memory.tail(at, bytes.length).set(bytes);
    }
  }
}

const spanOf = ({ starts, taps }: WholeWeights, size: number): Span => ({
  first: starts[0],
  end: Math.min(size, starts[starts.length - 1] + taps),
});

function planSize(shape: FrameShape, frame: Frame): SizePlan {
  const fitted = planFrame(shape.input, frame);
  const { source, isCopy, horizontal, vertical } = fitted;
  const columns = isCopy ? { first: source.left, end: source.right } : spanOf(horizontal, frame.width);
  const rows = isCopy ? { first: source.top, end: source.bottom } : spanOf(vertical, frame.height);
  const acrossPairs = pairsOf(horizontal, shape.isGray ? 4 : 2);
  const downPairs = pairsOf(vertical, 2);
  // Gray columns are made four at a time, of four taps at a time.
  const together = shape.isGray ? 4 : 1;
  const step = shape.bytes;
  const across = tableOf(horizontal, { first: columns.first, step, together, pairs: acrossPairs });
  const down = tableOf(vertical, {
    first: rows.first,
    step: shape.betweenStride,
    together: 1,
    pairs: downPairs,
  });
  return { fitted, columns, rows, across, acrossPairs, down, downPairs };
}

/** Pairs of taps of each output; `of` taps are taken together. */
const pairsOf = ({ taps }: WholeWeights, of: number): number => (Math.ceil(taps / of) * of) / 2;

/** How the outputs of an axis lie in a table. */
interface TableForm {
  /** Where the part of the axis begins that is there, and how far its pixels lie apart, in bytes. */
  readonly first: number;
  readonly step: number;
  /** There are entries for a multiple of this. */
  readonly together: number;
  readonly pairs: number;
}

/** An entry for each output: its place, and the halves of its weights, pair by pair. */
function tableOf(
  { taps, starts, weights }: WholeWeights,
  { first, step, together, pairs }: TableForm,
): Uint8Array {
  const entries = Math.ceil(starts.length / together) * together;
  const entryBytes = entryHead + pairs * pairBytes;
  const table = new DataView(new ArrayBuffer(entries * entryBytes));
  starts.forEach((start, i) => {
    table.setInt32(i * entryBytes, (start - first) * step, true);
    for (let t = 0; t < taps; t++) {
      const at = i * entryBytes + entryHead + Math.floor(t / 2) * pairBytes + 2 * (t % 2);
      const low = (weights[i * taps + t] << 16) >> 16;
      table.setInt16(at, (weights[i * taps + t] - low) >> 16, true);
      table.setInt16(at + pairBytes / 2, low, true);
    }
  });
  return new Uint8Array(table.buffer);
}

/** Takes places one after the other; each has a little more behind it, over whose end vectors may reach. */
class Places {
  end: number;

  constructor(start: number) {
    this.end = start;
  }

  take(bytes: number, more = 0): number {
    const at = this.end;
    this.end += toVectors(bytes + more + vectorBytes);
    return at;
  }
}

function placeFrame(
  shape: FrameShape,
  plan: SizePlan,
  { frame, start }: { frame: Frame; start: number },
): { header: Header; writes: readonly FrameWrite[]; end: number } {
  const { fitted, rows, columns, acrossPairs, downPairs } = plan;
  const { target } = fitted;
  const places = new Places(start);
  const [seen, bytes] = [seenBytes(frame, plan), bytesOf(frame)];
  const [count, wide] = [rows.end - rows.first, columns.end - columns.first];
  const across = places.take(plan.across.length);
  const down = places.take(plan.down.length);
  // Taps of weight 0 may lie behind the last pixel, or below the last row.
  const reach = acrossPairs * 2 * shape.bytes;
  const from = places.take(seen.length, reach);
  const blocks = Math.ceil(wide / blockPixels);
  const convertedStride = blocks * blockPixels * shape.bytes;
  const isSource = shape.isGray && bytes === 1;
  const converted = isSource ? from : places.take(count * convertedStride, reach);
  const between = places.take((count + downPairs * 2) * shape.betweenStride);
  const header: Header = {
    ...{ mode: fitted.isCopy ? modes.copy : modes.resize, bytes, from, fromStride: frame.width * bytes },
    ...{ converted, convertedStride, rows: count, blocks, across, acrossPairs, down, downPairs, between },
    ...{ left: target.left, columns: target.width, top: target.top, height: target.height },
  };
  const writes = [
    { at: across, bytes: plan.across },
    { at: down, bytes: plan.down },
    { at: from, bytes: seen },
  ];
  return { header, writes, end: places.end };
}

/** From the first pixel of a frame that is seen to the end of the last row. */
function seenBytes(frame: Frame, { rows, columns }: SizePlan): Uint8Array {
  const { data, width } = frame;
  const bytes = bytesOf(frame);
  const from = (rows.first * width + columns.first) * bytes;
  return new Uint8Array(data.buffer, data.byteOffset + from, rows.end * width * bytes - from);
}
