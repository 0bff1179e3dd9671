// Colours of classes over pictures: those that are easily told apart come first.

type Colour = readonly [red: number, green: number, blue: number];

const colours: readonly Colour[] = [
  [255, 51, 102],
  [45, 125, 255],
  [255, 176, 32],
  [34, 190, 94],
  [168, 85, 247],
  [6, 190, 215],
  [249, 115, 22],
  [236, 72, 192],
  [132, 204, 22],
  [99, 102, 241],
];

/** A colour for each class; the first, mostly the background, is not drawn and has black. */
export const classColours = (count: number): Colour[] =>
  Array.from({ length: count }, (_, i) =>
    i === 0 ? [0, 0, 0] : (colours[(i - 1) % colours.length] as Colour),
  );
