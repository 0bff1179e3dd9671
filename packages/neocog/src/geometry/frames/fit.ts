// Which part of a frame becomes which part of a network's picture: as Pillow's ImageOps.fit, contain and resize.

import { roundToEven } from '../round.ts';

/** `cover`: the middle of the frame fills the picture. `contain`: the whole frame, in its middle. `stretch`: each axis by itself. */
export type PixelFit = 'cover' | 'contain' | 'stretch';

/** In pixels. */
export interface PictureSize {
  /** Pixels of a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/** Of the frame, in pixels and parts of pixels. */
export interface FramePart {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Of the picture, in whole pixels. */
export interface PicturePart extends PictureSize {
  readonly left: number;
  readonly top: number;
}

/** What `source` of the frame shows in `target` of the picture; around it the picture has the background. */
export interface FittedFrame {
  readonly source: FramePart;
  readonly target: PicturePart;
}

export function fitFrame(fit: PixelFit, frame: PictureSize, picture: PictureSize): FittedFrame {
  if (fit === 'cover') return { source: covering(frame, picture), target: { left: 0, top: 0, ...picture } };
  const source = { left: 0, top: 0, right: frame.width, bottom: frame.height };
  return { source, target: fit === 'contain' ? contained(frame, picture) : { left: 0, top: 0, ...picture } };
}

/** The largest part of the picture's proportions, in the middle. */
function covering(frame: PictureSize, picture: PictureSize): FramePart {
  const [own, wanted] = [frame.width / frame.height, picture.width / picture.height];
  const width = own > wanted ? wanted * frame.height : frame.width;
  const height = own < wanted ? frame.width / wanted : frame.height;
  const [left, top] = [(frame.width - width) * 0.5, (frame.height - height) * 0.5];
  return { left, top, right: left + width, bottom: top + height };
}

/** Where the middle is between two pixels, the odd one is on the right or at the bottom. */
function contained(frame: PictureSize, picture: PictureSize): PicturePart {
  const [own, wanted] = [frame.width / frame.height, picture.width / picture.height];
  const height = own > wanted ? roundToEven((frame.height / frame.width) * picture.width) : picture.height;
  const width = own < wanted ? roundToEven((frame.width / frame.height) * picture.height) : picture.width;
  const size = { width: Math.max(1, width), height: Math.max(1, height) };
  const [left, top] = [picture.width - size.width, picture.height - size.height];
  return { left: left >> 1, top: top >> 1, ...size };
}
