// One use of a microphone: opened, listened to, and given back, whatever happens in between.

import { DeviceError } from 'neocog';
import { shortText, show } from 'neocog/arguments';
import { resamplingOf } from '../resample/sinc.ts';
import { ResampleStream } from '../resample/stream.ts';
import { ChunkQueue, type QueueOptions } from './queue.ts';
import { processorName, workletSource } from './worklet.ts';

/** What a session needs to know. */
export interface SessionSettings extends QueueOptions {
  readonly sampleRate: number;
  /** Which device and how it hears; null where the caller brings a stream. */
  readonly constraints: MediaTrackConstraints;
  readonly stream: MediaStream | null;
  /** Where the page hosts the worklet; null for a Blob. */
  readonly worklet: string | null;
}

/** Listens until it is closed. */
export class Session {
  readonly queue: ChunkQueue;
  readonly #settings: SessionSettings;
  /** What was opened, to be closed in the other order. */
  readonly #opened: (() => unknown)[] = [];
  #closed = false;

  constructor(settings: SessionSettings) {
    this.#settings = settings;
    this.queue = new ChunkQueue(settings);
  }

  /** @throws DeviceError where there is no microphone, or it may not be used. */
  async open(): Promise<void> {
    try {
      const stream = await this.#openStream();
      if (!this.#closed) await this.#listen(stream);
    } catch (error) {
      // Closing while it is being opened makes the rest fail, which is nobody's error.
      if (!this.#closed) {
        this.close();
        throw error;
      }
    }
    if (this.#closed) this.#release();
  }

  /** Gives the device back. */
  close(): void {
    this.#closed = true;
    this.queue.clear();
    this.queue.end();
    this.#release();
  }

  #release(): void {
    for (const close of this.#opened.splice(0).reverse()) close();
  }

  async #openStream(): Promise<MediaStream> {
    const { stream: given, constraints } = this.#settings;
    if (given) return given;
    const { mediaDevices } = globalThis.navigator ?? {};
    if (!mediaDevices) {
      throw new DeviceError(
        'microphone: there is none here; in a page it needs https or localhost, in Node read files by readWav',
      );
    }
    try {
      const stream = await mediaDevices.getUserMedia({ audio: constraints });
      this.#opened.push(() => stream.getTracks().forEach((track) => track.stop()));
      return stream;
    } catch (error) {
      throw refusal(error);
    }
  }

  async #listen(stream: MediaStream): Promise<void> {
    const [track] = stream.getAudioTracks();
    if (!track) throw new DeviceError('microphone: the stream has no track of sound; give one that has');
    const gone = (): void =>
      this.queue.end(new DeviceError('microphone: it was taken away; connect it again'));
    track.addEventListener('ended', gone);
    this.#opened.push(() => track.removeEventListener('ended', gone));
    const context = new AudioContext();
    this.#opened.push(() => context.close());
    await loadWorklet(context, this.#settings.worklet);
    if (this.#closed) return;
    this.#connect(context, stream);
    this.#start(context);
  }

  /** Where browsers let nothing sound before the visitor has touched the page, which is when no microphone is open, then. */
  #start(context: AudioContext): void {
    const start = (): void => void context.resume().catch(() => undefined);
    start();
    for (const touch of ['pointerup', 'keydown']) {
      globalThis.addEventListener(touch, start);
      this.#opened.push(() => globalThis.removeEventListener(touch, start));
    }
  }

  #connect(context: AudioContext, stream: MediaStream): void {
    const source = context.createMediaStreamSource(stream);
    const node = makeNode(context, this.#settings.worklet);
    const receive = this.#receiver(context.sampleRate);
    node.port.onmessage = ({ data }) => receive(data);
    source.connect(node);
    this.#opened.push(() => {
      node.port.onmessage = null;
      node.port.postMessage('close');
      source.disconnect();
    });
  }

  /** Takes samples at the rate of the page. */
  #receiver(rate: number): (samples: Float32Array) => void {
    const { sampleRate } = this.#settings;
    if (rate === sampleRate) return (samples) => this.queue.push(samples);
    const resampler = new ResampleStream(resamplingOf(rate, sampleRate, {}));
    return (samples) => this.queue.push(resampler.push(samples));
  }
}

async function loadWorklet(context: AudioContext, hosted: string | null): Promise<void> {
  const address = hosted ?? URL.createObjectURL(new Blob([workletSource], { type: 'text/javascript' }));
  try {
    await context.audioWorklet.addModule(address);
  } catch (cause) {
    throw noWorklet(hosted, cause);
  } finally {
    if (hosted === null) URL.revokeObjectURL(address);
  }
}

/** A file that is there may still be another one. */
function makeNode(context: AudioContext, hosted: string | null): AudioWorkletNode {
  try {
    return new AudioWorkletNode(context, processorName, { numberOfOutputs: 0 });
  } catch (cause) {
    throw noWorklet(hosted, cause);
  }
}

function noWorklet(hosted: string | null, cause: unknown): DeviceError {
  const remedy =
    hosted === null
      ? "the page's policy forbids it: allow blob: in script-src, or host workletSource and give its address as worklet"
      : `${shortText(hosted)} is not its script: host workletSource there, as text/javascript`;
  return new DeviceError(`microphone: its worklet does not start; ${remedy}`, { cause });
}

const reasons: Readonly<Record<string, string>> = {
  NotAllowedError: 'the visitor or a Permissions-Policy refused it; ask again after a click',
  NotFoundError: 'there is none; connect one',
  NotReadableError: 'another program uses it; close that',
  OverconstrainedError: 'no device has this deviceId; leave it out',
};

function refusal(cause: unknown): DeviceError {
  const { name, message } = Object(cause) as { name?: string; message?: string };
  const reason = reasons[name ?? ''] ?? `it cannot be opened: ${show(message ?? cause)}; try another`;
  return new DeviceError(`microphone: ${reason}`, { cause });
}
