// The parent's side of a host: runs lists of tests within a time, and starts a new host after one that did not end.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const host = fileURLToPath(new URL('./host.js', import.meta.url));

export class Runner {
  /** @type {import('node:child_process').ChildProcess | null} */
  #child = null;
  #root;

  /** @param {string} root the sandbox */
  constructor(root) {
    this.#root = root;
  }

  /**
   * @param {string[]} tests
   * @param {string} changed the file that is not as it was
   * @param {number} seconds
   * @returns {Promise<string>} what failed, or nothing
   */
  async run(tests, changed, seconds) {
    this.#child ??= await this.#start();
    const answer = this.#answer(seconds);
    this.#child.send({ tests, changed });
    const message = await answer;
    if (message === null) {
      this.dispose();
      return `no end after ${seconds.toFixed(0)} s`;
    }
    return message.failed;
  }

  /** @returns {Promise<import('node:child_process').ChildProcess>} */
  async #start() {
    // A group of its own: with it end the workers that run tests.
    this.#child = fork(host, [this.#root], {
      cwd: this.#root,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      detached: true,
    });
    const message = await this.#answer(300);
    if (message === null) throw new Error('mutate: Vitest does not start');
    return this.#child;
  }

  /** The next message, or null if none comes in time or the host ends. @param {number} seconds @returns {Promise<any>} */
  #answer(seconds) {
    const child = /** @type {import('node:child_process').ChildProcess} */ (this.#child);
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(null), 1000 * seconds);
      const ended = () => done(null);
      /** @param {unknown} message */
      const done = (message) => {
        clearTimeout(timer);
        child.off('message', done);
        child.off('exit', ended);
        resolve(message);
      };
      child.on('message', done);
      child.on('exit', ended);
    });
  }

  dispose() {
    const pid = this.#child?.pid;
    this.#child = null;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}
