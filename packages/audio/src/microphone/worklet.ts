// What runs on the thread of sounds: collects the samples of all channels as their mean, and sends them in pieces. As text,
// since a page loads it from a Blob, or from a file that it hosts where its policy forbids that.

/** Samples of a piece: 11 ms at 48 kHz, so that messages are few. */
const pieceLength = 512;

/** The name under which the text registers itself. */
export const processorName = 'neocog-microphone';

/**
 * The script of the AudioWorklet that `microphone` runs, for pages whose policy forbids `blob:`: host it as a file, and give its
 * address as `worklet`.
 */
export const workletSource = `class Collector extends AudioWorkletProcessor {
  constructor() {
    super();
    this.piece = new Float32Array(${pieceLength});
    this.filled = 0;
    this.open = true;
    this.port.onmessage = () => { this.open = false; };
  }
  process([channels]) {
    const samples = channels.length > 0 ? channels[0].length : 0;
    for (let i = 0; i < samples; i++) {
      let sum = 0;
      for (const channel of channels) sum += channel[i];
      this.piece[this.filled++] = sum / channels.length;
      if (this.filled === this.piece.length) this.send();
    }
    return this.open;
  }
  send() {
    this.port.postMessage(this.piece, [this.piece.buffer]);
    this.piece = new Float32Array(${pieceLength});
    this.filled = 0;
  }
}
registerProcessor('${processorName}', Collector);
`;
