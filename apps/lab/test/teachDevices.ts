// A camera and a microphone that are files, for the tests of "Teach".

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { wavBytes } from '@neocog/audio';
import { Tensor } from 'neocog';
import type { Page } from 'playwright';
import sharp from 'sharp';
import { fakeDevices } from './visit.ts';

/** A picture of the examples. */
export const inputPath = (name: string): string =>
  fileURLToPath(new URL(`../../../examples/inputs/${name}`, import.meta.url));

/** Frames of what the camera shows in turn: a portrait and a cup of coffee, each for some seconds, moving a little. */
async function cameraFile(folder: string): Promise<string> {
  const frames: Buffer[] = [];
  for (const name of ['astronaut.jpg', 'coffee.jpg'])
    for (let i = 0; i < 90; i++) {
      const left = 2 * Math.abs((i % 8) - 4);
      const frame = sharp(inputPath(name)).resize(328, 240, { fit: 'cover', position: 'top' });
      frames.push(await frame.extract({ left, top: 0, width: 320, height: 240 }).jpeg().toBuffer());
    }
  const file = join(folder, 'camera.mjpeg');
  writeFileSync(file, Buffer.concat(frames));
  return file;
}

export const sampleRate = 16_000;

/** Clicks, sixteen a second, in a little noise: nothing like a tone. */
const click = (i: number): number => (i % 1000 < 40 ? 0.7 * Math.sin(i * i) : 0);
/** A tone that goes up and down. */
const siren = (i: number): number => {
  const t = i / sampleRate;
  return 0.4 * Math.sin(2 * Math.PI * (900 * t + 60 * Math.sin(2 * Math.PI * 2 * t)));
};
const sources = { siren, click };

/** Seconds of a sound, as a WAV file. */
export const soundBytes = (name: keyof typeof sources, seconds: number): Buffer => {
  const values = Float32Array.from(
    { length: seconds * sampleRate },
    (_, i) => sources[name](i) + 0.01 * Math.sin(i * i * 0.7),
  );
  return Buffer.from(wavBytes({ sound: new Tensor(values, [1, values.length]), sampleRate }));
};

/** What the microphone hears: three seconds of a siren, three of clicks, in turn. */
function microphoneFile(folder: string): string {
  const [a, b] = [soundBytes('siren', 3), soundBytes('click', 3)];
  const head = a.subarray(0, 44);
  const both = Buffer.concat([head, a.subarray(44), b.subarray(44)]);
  both.writeUInt32LE(both.length - 8, 4);
  both.writeUInt32LE(both.length - 44, 40);
  const file = join(folder, 'microphone.wav');
  writeFileSync(file, both);
  return file;
}

/** Arguments of a browser that has both. */
export async function fileDevices(folder: string): Promise<string[]> {
  return [
    ...fakeDevices,
    `--use-file-for-fake-video-capture=${await cameraFile(folder)}`,
    `--use-file-for-fake-audio-capture=${microphoneFile(folder)}`,
  ];
}

export type Scene = 'portrait' | 'coffee';

/** Waits until the camera shows it, or something else. The coffee stands on brown wood: it is more red than blue. */
export async function isShown(page: Page, scene: Scene, isWanted = true): Promise<void> {
  await page.waitForFunction(
    ([wanted, positive]) => {
      const video = document.querySelector('video');
      if (!video) return false;
      const context = new OffscreenCanvas(16, 12).getContext('2d')!;
      context.drawImage(video, 0, 0, 16, 12);
      const { data } = context.getImageData(0, 0, 16, 12);
      const redder = data.reduce((sum, v, i) => sum + [v, 0, -v, 0][i % 4]!, 0) / (16 * 12);
      return (redder > 75 === (wanted === 'coffee')) === positive;
    },
    [scene, isWanted] as const,
  );
}
