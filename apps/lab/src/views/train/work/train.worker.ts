// The worker of the view: reads pictures, teaches the network, and says what is seen of it.

import type { PixelData } from '../../../work/pictures.ts';
import { serve, type TaskContext, Transfer } from '../../../work/serve.ts';
import type { Augmentation, Recipe } from '../recipe.ts';
import { openData } from './dataSets.ts';
import type { DataFacts, DataOrigin, Tiles, Watching } from './facts.ts';
import type { Wishes } from './lesson.ts';
import { variants } from './loaders.ts';
import { Session } from './session.ts';
import { tileOf, tilesOf } from './tiles.ts';

const session = new Session();

export const tasks = serve({
  /** Pictures to learn from. */
  async data(origin: DataOrigin, { report }: TaskContext): Promise<DataFacts> {
    session.data = await openData(origin, (done, of) => report({ done, of }));
    return session.data.facts;
  },
  /** There are no pictures any more. */
  noData(): void {
    session.data = null;
  },
  /** A network with random weights. */
  begin: (recipe: Recipe) => session.begin(recipe),
  /** Teaches; reports as it goes. */
  learn: (wishes: Wishes, { report }: TaskContext) => session.learn(wishes, report),
  stop: () => session.stop(),
  facts: () => session.facts(),
  rate: (lr: number) => session.setRate(lr),
  watch: (watching: Watching) => session.watch(watching),
  examine: () => session.examine(),
  /** Pictures that are held out, or learnt from where none are, by their places. */
  tiles: (places: readonly number[]): Tiles => tilesOf(session.data.held ?? session.data.train, places),
  /** How a picture may come when it is learnt from. */
  async variants({
    picture,
    augmentation,
  }: {
    picture: number;
    augmentation: Augmentation;
  }): Promise<PixelData[]> {
    const { held, train } = session.data;
    return (await variants(held ?? train, picture, augmentation)).map(tileOf);
  },
  save(): Transfer<Uint8Array> {
    const bytes = session.save().slice();
    return new Transfer(bytes, [bytes.buffer]);
  },
  open: (file: { bytes: Uint8Array; name: string }) => session.open(file),
  link: () => session.link(),
  openLink: (text: string) => session.openLink(text),
});
