// A microphone in a page as chunks of samples to iterate over, at the rate that a network wants.

import { Tensor } from 'neocog';
import { above, type Field, type Fields, field, flag, needOptions, text, whole } from 'neocog/arguments';
import type { Web } from 'neocog/folders';
import { Session, type SessionSettings } from './session.ts';

/** What `microphone` takes. */
export interface MicrophoneOptions {
  /** Samples a second that are wanted, in Hz, whatever the device has. Default 16000. */
  sampleRate?: number | undefined;
  /** Samples of a chunk. Default a tenth of a second. */
  chunkLength?: number | undefined;
  /** Seconds that wait for a late reader at most; older ones are dropped. Default 10. */
  buffer?: number | undefined;
  /** Which microphone, as `enumerateDevices` names it. Default the visitor's choice. */
  deviceId?: string | undefined;
  /** Take out what the loudspeakers play. Default false. */
  echoCancellation?: boolean | undefined;
  /** Let the browser take out noise. Default false: networks hear what they were trained on. */
  noiseSuppression?: boolean | undefined;
  /** Let the browser follow the loudness. Default false. */
  autoGainControl?: boolean | undefined;
  /** Sound from elsewhere, such as of a `<video>` or a call; it is not stopped. Default the microphone. */
  stream?: Web<'MediaStream'> | undefined;
  /** Address of a file with `workletSource`, where the page's policy forbids `blob:`. */
  worklet?: string | Web<'URL'> | undefined;
}

const isOf = (name: string, v: unknown): boolean => {
  const Class: unknown = Reflect.get(globalThis, name);
  return typeof Class === 'function' && v instanceof Class;
};
const aStream: Field<Web<'MediaStream'>> = field('a MediaStream', (v) => isOf('MediaStream', v));
const anAddress: Field<string | Web<'URL'>> = field(
  'a text or a URL',
  (v) => (text.ok(v) && v !== '') || v instanceof URL,
);

const fields: Fields<MicrophoneOptions> = {
  sampleRate: whole(1, 768_000),
  chunkLength: whole(1, 2 ** 22),
  buffer: above(0),
  deviceId: text,
  echoCancellation: flag,
  noiseSuppression: flag,
  autoGainControl: flag,
  stream: aStream,
  worklet: anAddress,
};

/** Chunks of sound, float32 `[1, chunkLength]`, as long as somebody iterates. */
export interface Microphone extends AsyncIterable<Tensor> {
  /** Samples a second of what comes. */
  readonly sampleRate: number;
  /** Samples of a chunk. */
  readonly chunkLength: number;
  /** Samples that were lost since the last loop began, because they were not read in time. */
  readonly dropped: number;
  /** Ends all loops and gives the device back. Chunks that were not read are forgotten. */
  stop(): void;
}

/**
 * The microphone of a page: chunks of samples to iterate over, all channels as one. Each loop opens the device, and gives it back
 * when it is left, by `break`, an error or `stop`; errors of the device come up in the loop.
 *
 * @throws ShapeError for options that it does not take.
 * @throws DeviceError in the loop: where there is no microphone, or it may not be used, or the page's policy forbids the worklet.
 * @example for await (const chunk of microphone({ sampleRate: 16000 })) console.log(chunk.shape); // [1, 1600]
 */
export function microphone(options: MicrophoneOptions = {}): Microphone {
  needOptions('microphone', options, fields);
  const settings = settingsOf(options);
  const sessions = new Set<Session>();
  let last: Session | null = null;
  const begin = (): AsyncIterator<Tensor> => {
    const session = new Session(settings);
    last = session;
    sessions.add(session);
    return chunksOf(session, () => sessions.delete(session));
  };
  return {
    sampleRate: settings.sampleRate,
    chunkLength: settings.length,
    get dropped() {
      return last?.queue.dropped ?? 0;
    },
    stop: () => {
      for (const session of sessions) session.close();
      sessions.clear();
    },
    [Symbol.asyncIterator]: begin,
  };
}

function settingsOf(options: MicrophoneOptions): SessionSettings {
  const { sampleRate = 16_000, buffer = 10, deviceId, stream = null, worklet } = options;
  const { echoCancellation = false, noiseSuppression = false, autoGainControl = false } = options;
  const length = options.chunkLength ?? Math.ceil(sampleRate / 10);
  const most = Math.max(1, Math.ceil((buffer * sampleRate) / length));
  const device = deviceId === undefined ? {} : { deviceId: { exact: deviceId } };
  const constraints = { ...device, echoCancellation, noiseSuppression, autoGainControl };
  return {
    sampleRate,
    length,
    most,
    constraints,
    stream,
    worklet: worklet === undefined ? null : String(worklet),
  };
}

/** The device is opened by the first `next`, so that its errors come up there. */
function chunksOf(session: Session, ended: () => void): AsyncIterator<Tensor> {
  let opening: Promise<void> | null = null;
  const close = (): IteratorResult<Tensor> => {
    session.close();
    ended();
    return { done: true, value: undefined };
  };
  return {
    next: async () => {
      try {
        opening ??= session.open();
        await opening;
        const chunk = await session.queue.next();
        return chunk ? { done: false, value: new Tensor(chunk, [1, chunk.length]) } : close();
      } catch (error) {
        close();
        throw error;
      }
    },
    return: async () => close(),
  };
}
