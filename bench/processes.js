// Engines as processes that answer requests (engines/serve.js). One process per engine and number of threads: wide SIMD
// and the threads of WebAssembly engines are settings of a whole process.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** @param {string} name */
const script = (name) => fileURLToPath(new URL(`./engines/${name}`, import.meta.url));

/**
 * `kinds`: what it can run. `threads`: false where it has one thread whatever is asked for.
 *
 * @typedef {{ title: string, command: string, script: string, kinds: string[], threads?: false, optional?: true }} Engine
 */

/** @type {Record<string, Engine>} */
export const engines = {
  neocog: {
    title: 'neocog',
    command: process.execPath,
    script: 'neocog.js',
    kinds: ['layers', 'networks', 'training', 'pretrained'],
  },
  'neocog-wide': {
    title: 'neocog, wide SIMD',
    command: process.execPath,
    script: 'neocog.js',
    kinds: ['layers', 'networks', 'training', 'pretrained'],
  },
  'neocog-eager': {
    title: 'neocog, eager',
    command: process.execPath,
    script: 'neocog.js',
    kinds: ['layers', 'networks', 'training'],
    threads: false,
    optional: true,
  },
  'ort-node': {
    title: 'onnxruntime-node (native)',
    command: process.execPath,
    script: 'onnxruntimeNode.js',
    kinds: ['layers', 'networks', 'pretrained'],
  },
  'ort-web': {
    title: 'onnxruntime-web',
    command: process.execPath,
    script: 'onnxruntimeWeb.js',
    kinds: ['layers', 'networks', 'pretrained'],
  },
  tensorflow: {
    title: 'TensorFlow.js WASM',
    command: process.execPath,
    script: 'tensorflow.js',
    kinds: ['layers', 'networks', 'pretrained'],
    threads: false,
  },
  jax: {
    title: 'jax-js WASM',
    command: process.execPath,
    script: 'jax.js',
    kinds: ['layers'],
    threads: false,
  },
  torch: {
    title: 'PyTorch (native)',
    command: 'python3',
    script: 'pytorch.py',
    kinds: ['layers', 'networks', 'training'],
  },
};

/** An engine that is running. */
export class EngineProcess {
  /** @param {string} name @param {number} threads @param {string} [command] in place of the usual one */
  constructor(name, threads, command = engines[name].command) {
    this.name = name;
    this.version = '';
    this.process = spawn(command, [script(engines[name].script), name, String(threads)], {
      stdio: ['pipe', 'pipe', process.env.BENCH_STDERR ? 'inherit' : 'ignore'],
    });
    this.process.on('error', () => {});
    this.process.stdin.on('error', () => {});
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  /** The next answer; libraries may print other lines. @returns {Promise<any>} */
  async answer() {
    for (;;) {
      const { value, done } = await this.lines.next();
      if (done) return { error: 'the process ended' };
      if (value.startsWith('{')) return JSON.parse(value);
    }
  }

  /** @param {object} request */
  ask(request) {
    this.process.stdin.write(`${JSON.stringify(request)}\n`);
    return this.answer();
  }

  close() {
    this.process.stdin.end();
  }
}

/**
 * Starts an engine. Debian's PyTorch belongs to Debian's Python, which need not be the first on the path.
 *
 * @param {string} name @param {number} threads
 * @returns {Promise<EngineProcess | null>} null where it is not installed
 */
export async function startEngine(name, threads) {
  const { command } = engines[name];
  for (const each of command === 'python3' ? ['/usr/bin/python3', command] : [command]) {
    const started = new EngineProcess(name, threads, each);
    const { ready } = await started.answer();
    if (!ready) continue;
    started.version = ready;
    return started;
  }
  return null;
}
