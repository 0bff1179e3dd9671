// In the page: sounds of files, and why a microphone or a camera cannot be had.

/** All channels as one, at `sampleRate`. @throws Error in words for what is no sound */
export async function decodeSound(file: File, sampleRate: number): Promise<Float32Array<ArrayBuffer>> {
  let sound: AudioBuffer;
  try {
    sound = await new OfflineAudioContext(1, 1, sampleRate).decodeAudioData(await file.arrayBuffer());
  } catch {
    throw new Error(`${file.name} cannot be read as a sound; give a WAV, MP3, Ogg or FLAC file`);
  }
  const mean = new Float32Array(sound.length);
  for (let c = 0; c < sound.numberOfChannels; c++) {
    const channel = sound.getChannelData(c);
    for (let i = 0; i < mean.length; i++) mean[i]! += channel[i]! / sound.numberOfChannels;
  }
  return mean;
}

const reasons: Readonly<Record<string, string>> = {
  NotAllowedError: 'may not be used: allow it in the browser’s address bar, then start it again',
  NotFoundError: 'was not found: connect one, then start it again',
  NotReadableError: 'is in use by another program: close that, then start it again',
};

/** What stands in the way of a device, and what helps. @param error Of the browser, or with that as its cause. */
export function deviceProblem(device: 'camera' | 'microphone', error: unknown): string {
  const { name = '', message = '', cause } = Object(error) as Partial<Error>;
  const reason =
    reasons[name] ?? reasons[String(Object(cause).name)] ?? `does not start (${message || name})`;
  return `The ${device} ${reason}.`;
}
