// Pictures and a network for tests of batches, and a Redis of their own.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { saveOnnx } from '@neocog/formats';
import { manualSeed, nn } from 'neocog';
import sharp from 'sharp';
import { encodeRecipe, type MaskRecipe, type PictureRecipe } from '../src/recipe.ts';

const side = 48;

/** Slow enough to be interrupted. */
export async function writeNetwork(path: string, seed = 1): Promise<void> {
  manualSeed(seed);
  const module = new nn.Sequential(
    new nn.Conv2d(3, 24, 5, { padding: 2 }),
    new nn.ReLU(),
    new nn.Conv2d(24, 24, 5, { padding: 2 }),
    new nn.GlobalAvgPool(),
    new nn.Flatten(),
    new nn.Linear(24, 2),
  );
  const recipe: PictureRecipe = {
    ...{ classes: ['dark', 'light'], channels: 3, size: [side, side], fit: 'cover' },
    ...{ mean: [0, 0, 0], std: [1, 1, 1] },
  };
  const metadata = encodeRecipe({ task: 'classify', recipe });
  await writeFile(path, saveOnnx(module.eval(), { input: [1, 3, side, side], metadata }));
}

/** Draws masks. */
export async function writeMaskNetwork(path: string): Promise<void> {
  manualSeed(4);
  const recipe: MaskRecipe = {
    ...{ classes: ['ground', 'cell'], colours: [0, 255], channels: 3, size: [16, 16], fit: 'stretch' },
    ...{ mean: [0.2, 0.2, 0.2], std: [1, 1, 1] },
  };
  const metadata = encodeRecipe({ task: 'segment', recipe });
  await writeFile(
    path,
    saveOnnx(new nn.Conv2d(3, 2, 3, { padding: 1 }).eval(), { input: [1, 3, 16, 16], metadata }),
  );
}

/** Makes pictures of pictures, and knows nothing of classes. */
export async function writePictureNetwork(path: string): Promise<void> {
  manualSeed(5);
  const module = new nn.Sequential(new nn.Conv2d(3, 3, 3, { padding: 1 }), new nn.Tanh());
  await writeFile(path, saveOnnx(module.eval(), { input: [1, 3, 24, 24] }));
}

/** So many pictures, no two alike, in two folders. */
export async function writePictures(folder: string, count: number): Promise<void> {
  for (const part of ['a', 'b']) await mkdir(join(folder, part), { recursive: true });
  for (let i = 0; i < count; i++) {
    const background = { r: i % 256, g: (7 * i) % 256, b: Math.floor(i / 256) };
    await sharp({ create: { width: 20, height: 20, channels: 3, background } })
      .png()
      .toFile(join(folder, i % 2 ? 'a' : 'b', `${i}.png`));
  }
}

/** Answers that are there while a batch runs. */
export const answersIn = async (parts: string): Promise<number> => {
  const names = await readdir(parts, { recursive: true }).catch(() => []);
  return names.filter((name) => name.endsWith('.json')).length;
};

/** Resolves once `isSo` says so. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(20);
}

/** Why there can be no Redis here, or null. */
export const missingRedis: string | null =
  spawnSync('redis-server', ['--version']).status === 0
    ? null
    : 'redis-server was not found; apt-get install redis-server';

/** A Redis on loopback that remembers nothing. */
export class TestRedis {
  readonly port: number;
  #server: ChildProcess | null = null;

  constructor(port: number) {
    this.port = port;
  }

  static async start(): Promise<TestRedis> {
    const redis = new TestRedis(await freePort());
    await redis.start();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const words = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const server = spawn('redis-server', words, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#server = server;
    await new Promise<void>((resolve) => {
      server.stdout.on('data', (text) => String(text).includes('Ready to accept') && resolve());
    });
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (!server) return;
    const over = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGKILL');
    await over;
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
