// Workers that make samples: jobs go to whoever has least to do, answers come back as promises. One that ends by itself
// fails what it was at, by the sample's name; then the pool is over.

import { NeocogError } from '../../errors.ts';
import type { Recipe } from '../dataset.ts';
import type { Job, Loaded } from '../load.ts';
import type { Answer, Task } from './serve.ts';
import { home } from './serve.ts';
import { type Server, type Setting, starter } from './start.ts';
import { receiveSample, sendValue } from './wire.ts';

/** Jobs that a worker is given at a time: the one that it is at, and the next. */
const jobsAtATime = 2;

interface Order {
  readonly job: Job;
  resolve(loaded: Loaded): void;
  reject(error: NeocogError): void;
}

interface Seat {
  readonly server: Server;
  /** In the order in which it answers. */
  readonly orders: Order[];
}

/** Why there can be no workers, in a sentence; null where there can. */
export function whyNoWorkers(): string | null {
  if (!starter()) return 'this engine has no workers';
  if (!home)
    return 'a bundler has put the code of the workers into another file; leave neocog out of the bundle';
  return null;
}

const sent = (recipe: Recipe): Recipe =>
  'value' in recipe ? { ...recipe, value: sendValue(recipe.value) } : recipe;

const sentTask = ({ dataset, transform }: Task): Task => ({
  dataset: sent(dataset),
  transform: transform && sent(transform),
});

/** What a pool is made of. */
export interface Staff {
  readonly workers: number;
  readonly task: Task;
  readonly nameOf: (index: number) => string;
}

export class Pool {
  readonly #seats: Seat[] = [];
  readonly #waiting: Order[] = [];
  readonly #nameOf: (index: number) => string;
  #over: NeocogError | null = null;

  constructor({ workers, task, nameOf }: Staff) {
    const start = starter();
    if (!start || !home) throw new NeocogError(`DataLoader: ${whyNoWorkers()}`);
    const setting = { home, task: sentTask(task) };
    this.#nameOf = nameOf;
    for (let i = 0; i < workers; i++) {
      const server = start({
        answer: (answer) => this.#take(i, answer),
        end: (why) => this.#fail(i, why),
      });
      this.#seats.push({ server, orders: [] });
      this.#begin(server, setting);
    }
  }

  #begin(server: Server, setting: Setting): void {
    try {
      server.begin(setting);
      server.hold(false);
    } catch (error) {
      this.stop();
      const reason = error instanceof Error ? error.message : String(error);
      throw new NeocogError(
        `DataLoader: the recipe of the data set or the transform cannot travel to a worker (${reason}); ` +
          'give it a value of numbers, texts, arrays and tensors',
        { cause: error },
      );
    }
  }

  /** The sample that a worker makes. */
  run(job: Job): Promise<Loaded> {
    return new Promise((resolve, reject) => {
      if (this.#over) return reject(this.#over);
      this.#waiting.push({ job, resolve, reject });
      this.#hand();
    });
  }

  /** Ends the workers; what was not answered stays so. */
  stop(): void {
    this.#over ??= new NeocogError('DataLoader: the workers were stopped; iterate again');
    this.#waiting.length = 0;
    for (const { server, orders } of this.#seats) {
      orders.length = 0;
      server.stop();
    }
  }

  #hand(): void {
    while (this.#waiting.length > 0) {
      const seat = this.#seats.reduce((a, b) => (b.orders.length < a.orders.length ? b : a));
      if (seat.orders.length >= jobsAtATime) return;
      const [order] = this.#waiting.splice(0, 1);
      if (seat.orders.push(order) === 1) seat.server.hold(true);
      seat.server.send(order.job);
    }
  }

  #take(i: number, answer: Answer): void {
    const { server, orders } = this.#seats[i];
    const order = orders.shift();
    if (!order) return;
    if (orders.length === 0) server.hold(false);
    this.#hand();
    const { index } = answer;
    if ('failure' in answer) order.reject(new NeocogError(answer.failure));
    else if ('broken' in answer) order.resolve(answer);
    else order.resolve({ index, sample: receiveSample({ parts: answer.sent }) });
  }

  #fail(i: number, why: string): void {
    const [at] = this.#seats[i].orders;
    const where = at ? ` at ${this.#nameOf(at.job.index)}` : '';
    this.#over ??= new NeocogError(`DataLoader: worker ${i} ended${where}: ${why}`);
    const error = this.#over;
    for (const { reject } of [...this.#seats.flatMap(({ orders }) => orders), ...this.#waiting])
      reject(error);
    this.stop();
  }
}
