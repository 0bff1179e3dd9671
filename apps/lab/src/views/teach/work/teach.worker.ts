// The worker of the view: an eye and an ear, each opened when it is first wanted.

import { rawPixels } from '@neocog/vision';
import { serve, type TaskContext, Transfer } from '../../../work/serve.ts';
import { Ear } from './ear.ts';
import { Eye } from './eye.ts';
import { type Facts, type Form, keep } from './keep.ts';
import type { Lesson, Sensed } from './sense.ts';

export type Kind = 'pictures' | 'sounds';

let eye: Eye | null = null;
let ear: Ear | null = null;

function need<T>(sense: T | null): T {
  if (sense === null) throw new Error('The network is not open.'); // a bug of the view
  return sense;
}
const senseOf = (kind: Kind): Eye | Ear => need<Eye | Ear>(kind === 'pictures' ? eye : ear);

const moved = (sensed: Sensed): Transfer<Sensed> => new Transfer(sensed, [sensed.features.buffer]);

export const tasks = serve({
  /** @param body The address of the eye's body. */
  async open({ kind, body }: { kind: Kind; body: string }): Promise<void> {
    if (kind === 'pictures') eye ??= await Eye.open(body);
    else ear ??= await Ear.open();
  },
  async see({ bitmap, wantsMap }: { bitmap: ImageBitmap; wantsMap: boolean }): Promise<Transfer<Sensed>> {
    const pixels = rawPixels(bitmap);
    bitmap.close();
    return moved(await need(eye).see(pixels, wantsMap));
  },
  async hear({ samples, wantsMap }: { samples: Float32Array; wantsMap: boolean }): Promise<Transfer<Sensed>> {
    return moved(await need(ear).hear(samples, wantsMap));
  },
  learn({ kind, lesson }: { kind: Kind; lesson: Lesson }, { report, signal }: TaskContext): Promise<boolean> {
    return senseOf(kind).learn(lesson, { report, signal });
  },
  forget(kind: Kind): void {
    senseOf(kind).forget();
  },
  async keep({ kind, form, ...facts }: { kind: Kind; form: Form } & Facts): Promise<Transfer<Uint8Array>> {
    const bytes = await keep(senseOf(kind).whole(), form, facts);
    return new Transfer(bytes, [bytes.buffer]);
  },
});
