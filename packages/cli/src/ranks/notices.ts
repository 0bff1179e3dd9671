// What mpirun itself says on standard error, apart from what the processes say: blocks between lines of dashes.

const dashes = /^-{40,}$/;
/** Of signals that it hands on. */
const remark = /^(mpirun|prterun): Forwarding signal \d+ to job$/;

/** Of a process that has ended a job. */
export interface Cause {
  readonly rank: number;
  /** What happened to it, in words. */
  readonly what: string;
}

/** Divides a stream of text. */
export class Notices {
  readonly #blocks: string[] = [];
  /** Lines of a block that has begun; null outside of one. */
  #block: string[] | null = null;
  #rest = '';

  /** Takes the next part of the stream. Gives what processes said in it, as far as its lines are whole. */
  take(text: string): string {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() as string;
    return lines.map((line) => this.#line(line)).join('');
  }

  /** At the end of the stream: what is left of what processes said. */
  end(): string {
    const rest = this.#rest === '' ? '' : this.#line(this.#rest);
    this.#rest = '';
    if (this.#block) this.#blocks.push(this.#block.join('\n'));
    this.#block = null;
    return rest;
  }

  /** All that mpirun said, each block as one line. */
  get said(): string[] {
    return this.#blocks.map((block) => block.trim().replace(/\s+/g, ' '));
  }

  /** The process that ended the job, where mpirun names one. */
  get cause(): Cause | null {
    for (const text of this.said) {
      const killed =
        /process rank (\d+) with PID \d+ on node (\S+) exited on signal (\d+ \([^)]+\)|\d+)/.exec(text);
      if (killed)
        return { rank: Number(killed[1]), what: `on ${killed[2]} was ended by signal ${killed[3]}` };
      const failed = /Process name: \[.*,(\d+)\] Exit code: (\d+)/.exec(text);
      if (failed) return { rank: Number(failed[1]), what: `ended with exit code ${failed[2]}` };
    }
    return null;
  }

  #line(line: string): string {
    if (dashes.test(line)) {
      if (this.#block) this.#blocks.push(this.#block.join('\n'));
      this.#block = this.#block ? null : [];
      return '';
    }
    if (!this.#block) return remark.test(line) ? '' : `${line}\n`;
    this.#block.push(line);
    return '';
  }
}
