// A page for microphone.node.test.ts: what loops over a microphone hear, and whether the device is given back. Sends what it found
// to `/found`. What it tries, the page says in `data-try` of its root.

import { argMax, mean, tensor } from 'neocog';
import { type MicrophoneOptions, microphone, spectrogram } from '../src/index.ts';

/** What a loop over some chunks heard. */
export interface Heard {
  readonly shapes: readonly string[];
  /** Of the loudest tone, in Hz, give or take a bin. */
  readonly hertz: number;
  readonly dropped: number;
  /** Whether all tracks and contexts that the loop opened are closed. */
  readonly released: boolean;
}

/** An attempt comes to what was heard, or to an error's name and message. */
export type Found = Readonly<Record<string, Heard | string>>;

const streams: MediaStream[] = [];
const contexts: AudioContext[] = [];

/** Remembers what is opened. */
function watch(): void {
  const { mediaDevices } = navigator;
  const open = mediaDevices?.getUserMedia.bind(mediaDevices);
  if (!open) return;
  mediaDevices.getUserMedia = async (constraints) => {
    const stream = await open(constraints);
    streams.push(stream);
    return stream;
  };
  globalThis.AudioContext = class extends AudioContext {
    constructor() {
      super();
      contexts.push(this);
    }
  };
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function isReleased(): Promise<boolean> {
  await pause(50);
  return (
    streams.splice(0).every((stream) => stream.getTracks().every((track) => track.readyState === 'ended')) &&
    contexts.splice(0).every(({ state }) => state === 'closed')
  );
}

const nFft = 1024;

function hertzOf(values: readonly number[], rate: number): number {
  if (values.length < nFft) return 0;
  const loudness = mean(spectrogram(tensor(values), { nFft }), { axis: 1 });
  return (argMax(loudness).item() * rate) / nFft;
}

type Source = ReturnType<typeof microphone>;

/** Reads so many chunks and leaves the loop. */
async function listen(source: Source, count: number, each?: (i: number) => unknown): Promise<Heard> {
  const shapes: string[] = [];
  const values: number[] = [];
  for await (const chunk of source) {
    values.push(...chunk.data);
    if (shapes.push(chunk.shape.join('×')) >= count) break;
    await each?.(shapes.length);
  }
  const { dropped } = source;
  return {
    shapes: [...new Set(shapes)],
    hertz: hertzOf(values, source.sampleRate),
    dropped,
    released: await isReleased(),
  };
}

const hear = (options: MicrophoneOptions, count = 20): Promise<Heard> => listen(microphone(options), count);

/** A tone of 1000 Hz as a stream that is not ours to stop. */
async function toneStream(): Promise<MediaStream> {
  const context = new AudioContext();
  // Only a page that was touched may, else it waits as the other does.
  for (const touch of ['pointerup', 'keydown']) addEventListener(touch, () => void context.resume());
  const oscillator = new OscillatorNode(context, { frequency: 1000 });
  const destination = new MediaStreamAudioDestinationNode(context);
  oscillator.connect(destination);
  oscillator.start();
  contexts.length = 0;
  return destination.stream;
}

const attempts: Readonly<Record<string, () => Promise<Heard | string>>> = {
  plain: () => hear({}),
  'at 44100': () => hear({ sampleRate: 44_100, chunkLength: 1000 }, 80),
  twice: async () => {
    const source = microphone({ chunkLength: 500 });
    await listen(source, 3);
    return listen(source, 40);
  },
  'stop while waiting': async () => {
    const source = microphone({ chunkLength: 32_000 });
    setTimeout(() => source.stop(), 300);
    return listen(source, 1000);
  },
  'stop while opening': async () => {
    const source = microphone();
    setTimeout(() => source.stop(), 0);
    return listen(source, 1000);
  },
  'stop while its worklet comes': async () => {
    const source = microphone();
    const { addModule } = AudioWorklet.prototype;
    AudioWorklet.prototype.addModule = function (...args) {
      AudioWorklet.prototype.addModule = addModule;
      const added = addModule.apply(this, args);
      source.stop();
      return added;
    };
    return listen(source, 1000);
  },
  'an error of the reader': async () => {
    const failing = listen(microphone(), 10, () => Promise.reject(new Error('mine')));
    const message = await failing.catch((error: Error) => error.message);
    return `${message}, released ${await isReleased()}`;
  },
  'a late reader': async () =>
    listen(microphone({ buffer: 0.2 }), 3, (i) => (i === 1 ? pause(1500) : undefined)),
  'an own stream': async () => {
    const stream = await toneStream();
    const heard = await hear({ stream, sampleRate: 8000 });
    return stream.getAudioTracks()[0]?.readyState === 'live' ? heard : 'the stream was stopped';
  },
  'a device that is taken away': async () => {
    const source = microphone();
    return listen(source, 1000, (i) => {
      if (i === 2) streams[0]?.getTracks()[0]?.dispatchEvent(new Event('ended'));
    });
  },
  'an unknown device': () => hear({ deviceId: 'absent' }),
  'a stream without sound': () => hear({ stream: new MediaStream() }),
};

const policy: typeof attempts = {
  blob: () => hear({}),
  hosted: () => hear({ worklet: '/worklet.js' }),
  'hosted nowhere': () => hear({ worklet: new URL('/absent.js', location.href) }),
};

const untouched: typeof attempts = {
  'an own stream': async () => hear({ stream: await toneStream(), sampleRate: 8000 }, 20),
};

const refused: typeof attempts = { plain: () => hear({}) };

async function explore(): Promise<void> {
  watch();
  const wanted =
    { attempts, policy, untouched, refused }[document.documentElement.dataset.try as 'attempts'] ?? {}; // as the test writes it
  const found: Record<string, Heard | string> = {};
  for (const [name, attempt] of Object.entries(wanted))
    found[name] = await attempt().catch(async (error: unknown) => `${error}, released ${await isReleased()}`);
  await fetch('/found', { method: 'POST', body: JSON.stringify(found) });
}

void explore();
