// Between a device that does not wait and a reader who may be late: samples in, chunks of one length out. What is not read in
// time is lost, the oldest first, and counted. Knows nothing of devices.

/** How samples are cut, and how many are kept. */
export interface QueueOptions {
  /** Samples of a chunk. */
  readonly length: number;
  /** Chunks that wait for a reader at most. */
  readonly most: number;
}

/** Chunks for one reader. */
export class ChunkQueue {
  /** Samples that were lost, since nobody read them. */
  dropped = 0;
  readonly #options: QueueOptions;
  readonly #chunks: Float32Array[] = [];
  #chunk: Float32Array;
  #filled = 0;
  #ended = false;
  #error: unknown = null;
  #wake: (() => void) | null = null;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#chunk = new Float32Array(options.length);
  }

  /** Takes samples as they come, in pieces of any length. */
  push(samples: Float32Array): void {
    if (this.#ended) return;
    const { length, most } = this.#options;
    for (let at = 0; at < samples.length; ) {
      const part = samples.subarray(at, at + length - this.#filled);
      this.#chunk.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === length) this.#finish();
    }
    const late = this.#chunks.splice(0, Math.max(0, this.#chunks.length - most));
    this.dropped += late.length * length;
    if (this.#chunks.length > 0) this.#wake?.();
  }

  #finish(): void {
    this.#chunks.push(this.#chunk);
    this.#chunk = new Float32Array(this.#options.length);
    this.#filled = 0;
  }

  /** Nothing follows what is there; the reader then meets the error, if there is one. */
  end(error: unknown = null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#wake?.();
  }

  /** Forgets what waits. */
  clear(): void {
    this.#chunks.length = 0;
  }

  /** The next chunk, once it is there; null after the last. */
  async next(): Promise<Float32Array | null> {
    while (this.#chunks.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const chunk = this.#chunks.shift();
    if (chunk) return chunk;
    const error = this.#error;
    this.#error = null;
    if (error !== null) throw error;
    return null;
  }
}
