// Numbers for jobs: each names its routine, and none shares a piece's number with another.

/** Jobs begin at a multiple of this, plus the number of the routine: a power of two, so that it survives wrapping around. */
export const jobStride = (routines: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, routines)));

export class JobNumbers {
  #stride = 1;
  /** Near the end of the signed numbers: that they wrap around is no rare event. Threads wait for another number than 0. */
  #last = 2 ** 31 - 2 ** 12;
  #pieces = 0;

  /** How many routines there are from now on. */
  set routines(count: number) {
    this.#stride = jobStride(count);
  }

  /** The number of the first of a job's pieces, which are at least 1; a signed integer of 32 bits. */
  take(routine: number, pieces: number): number {
    const free = this.#last + this.#pieces;
    this.#last = (((free + this.#stride - 1) & -this.#stride) + routine) | 0;
    this.#pieces = pieces;
    return this.#last;
  }
}
