// The frames of a playing video or a camera, one after the other. Frames that come while the last one is worked on are passed
// over, so that what is seen is never old.

import { DeviceError, type Tensor } from 'neocog';
import { refuseValue } from 'neocog/arguments';
import type { Web } from 'neocog/folders';
import { makeScratch } from '../picture/canvas.ts';
import type { BytePicture } from '../picture/picture.ts';
import { type PixelOptions, pixelFields, planPixels } from '../tensors/options.ts';
import { toTensor } from '../tensors/toTensor.ts';
import { type RawPixels, readPixels } from './sources.ts';

/**
 * Each frame that a `<video>` shows while it plays, as `fromPixels` makes it, until it ends or the loop is left.
 *
 * @throws DeviceError for a video that cannot be played, or is of another origin.
 * @example for await (const x of fromVideo(video, { size: 224 })) draw(await program.run(x));
 */
export function fromVideo(video: Web<'HTMLVideoElement'>, options: PixelOptions = {}): AsyncIterable<Tensor> {
  const plan = planPixels('fromVideo', options, pixelFields);
  return shownFrames('fromVideo', video, (picture) => toTensor('fromVideo', picture, plan));
}

/**
 * Each frame that a `<video>` shows while it plays, as bytes for a program that was compiled with `pixels`, until it ends or the loop
 * is left. Frames that come while the last one is worked on are passed over.
 *
 * @throws DeviceError for a video that cannot be played, or is of another origin.
 * @example for await (const frame of videoFrames(video)) draw(await program.run(frame));
 */
export function videoFrames(video: Web<'HTMLVideoElement'>): AsyncIterable<RawPixels> {
  return shownFrames('videoFrames', video, ({ data, width, height }) => ({ data, width, height }));
}

function shownFrames<T>(
  fn: string,
  video: Web<'HTMLVideoElement'>,
  make: (picture: BytePicture) => T,
): AsyncIterable<T> {
  if (typeof HTMLVideoElement !== 'function' || !(video instanceof HTMLVideoElement))
    refuseValue(fn, 'video', video, 'a <video> of the page');
  const scratch = makeScratch(fn);
  return {
    async *[Symbol.asyncIterator]() {
      while (await nextFrame(fn, video)) yield make(readPixels(fn, video, scratch));
    },
  };
}

/** Waits until another frame is shown; false where none comes any more. */
function nextFrame(fn: string, video: HTMLVideoElement): Promise<boolean> {
  const stream = video.srcObject instanceof MediaStream ? video.srcObject : null;
  if (video.ended || stream?.active === false) return Promise.resolve(false);
  return new Promise((resolve, reject) => {
    const left = new AbortController();
    const settle = (isShown: boolean): void => {
      left.abort();
      resolve(isShown);
    };
    const fail = (): void => {
      left.abort();
      const why = video.error?.message || 'of a kind that this browser does not know';
      reject(new DeviceError(`${fn}: the video cannot be played (${why}); give one that plays here`));
    };
    if (video.error) return fail();
    const { signal } = left;
    for (const name of ['ended', 'emptied']) video.addEventListener(name, () => settle(false), { signal });
    // Of a camera that is switched off by the page.
    stream?.addEventListener('inactive', () => settle(false), { signal });
    video.addEventListener('error', fail, { signal });
    const request = video.requestVideoFrameCallback?.(() => settle(true));
    if (request === undefined) video.addEventListener('timeupdate', () => settle(true), { signal });
    else signal.addEventListener('abort', () => video.cancelVideoFrameCallback(request));
  });
}
