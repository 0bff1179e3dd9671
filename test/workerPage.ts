// A page for test/threadsPage.node.test.ts: runs a program apart from its own thread, and sends what it found to `/found`.

import { compile, manualSeed, nn, randn } from '../packages/neocog/src/index.ts';

export interface WorkerFound {
  readonly note: string | null;
  /** Whether results are those of the calling thread. */
  readonly same: boolean;
  /** Whether events came through while a run was on its way. */
  readonly smooth: boolean;
}

async function explore(): Promise<WorkerFound> {
  manualSeed(1);
  const net = new nn.Sequential(
    ...Array.from({ length: 6 }, () => new nn.Conv2d(32, 32, 3, { padding: 1, activation: 'relu' })),
  ).eval();
  const input = [1, 32, 96, 96];
  const x = randn(input);
  const here = await compile(net, { input });
  const there = await compile(net, { input, worker: true });
  const [expected, found] = [await here.run(x), await there.run(x)];
  let over = false;
  const run = there.run(x).then(() => {
    over = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 0));
  const smooth = !over;
  await run;
  return {
    note: there.explain().note,
    same: expected.data.every((value, i) => value === found.data[i]),
    smooth,
  };
}

// Once per place where this file runs to its end.
void fetch('/evaluated', { method: 'POST', body: 'null' });
explore()
  .catch((error: unknown) => ({ note: `${error}`, same: false, smooth: false }))
  .then((found) => fetch('/found', { method: 'POST', body: JSON.stringify(found) }));
