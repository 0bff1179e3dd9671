import { describe, expect, it } from 'vitest';
import { lineChart } from './charts.ts';
import type { ReportData } from './data.ts';
import { html } from './html.ts';
import { findMistakes } from './mistakes.ts';
import { renderReport } from './page.ts';
import { blueWhiteRed, greys, magma, picture, planesOf } from './pictures.ts';

/** Two classes, four test images, two epochs, one mistake. */
function makeData(classes = ['cat', 'dog']): ReportData {
  const evaluation = {
    loss: 0.5,
    accuracy: 0.75,
    confusion: [
      [2, 0],
      [1, 1],
    ],
    predictions: Int32Array.of(0, 0, 0, 1),
    confidences: Float32Array.of(0.9, 0.8, 0.7, 0.6),
  };
  const epoch = { loss: 0.5, accuracy: 0.7, validation: evaluation, seconds: 1, waited: 0 };
  return {
    network: 'LeNet-5',
    dataset: 'Pets',
    noun: 'pet',
    classes,
    trainingImages: 8,
    test: {
      images: { shape: [4, 2, 2], data: Uint8Array.from({ length: 16 }, (_, i) => 16 * i) },
      labels: { shape: [4], data: Uint8Array.of(0, 0, 1, 1) },
    },
    history: {
      epochs: [
        { ...epoch, epoch: 1, step: 4, lr: 0.1 },
        { ...epoch, epoch: 2, step: 8, lr: 0.1 },
      ],
      batchLosses: [2, 1, 0.5, 0],
      stopped: false,
      reason: null,
    },
    evaluation,
    layers: [{ name: 'conv1', type: 'Conv2d', outputShape: [2, 2, 2], parameters: 1234, multiplyAdds: 5678 }],
    kernels: { shape: [2, 1, 1, 1], data: Float32Array.of(1, -1) },
    sample: 0,
    convolutions: [
      { name: 'convolution 1', maps: { shape: [2, 2, 2], data: new Float32Array(8) } },
      { name: 'convolution 2', maps: { shape: [3, 1, 1], data: Float32Array.of(-1, 0, 1) } },
    ],
    probabilities: [0.9, 0.1],
    seconds: 61,
    command: 'train pets --epochs 2',
    weights: 'runs/pets/weights.safetensors',
    version: '0.0.0',
  };
}

describe('renderReport', () => {
  it('is one file: no scripts, nothing from elsewhere, a text for every picture', async () => {
    const page = await renderReport(makeData());
    expect(page).not.toMatch(/<script|<link|https?:|url\(|undefined|NaN|\[object/);
    const images = page.match(/<img [^>]*>/g) ?? [];
    expect(images).toHaveLength(1 + 2 * 2 + 3 + 1);
    for (const image of images) expect(image).toMatch(/src="data:image\/png;base64,[^"]+".* alt="[^"]+"/);
  });

  it('tells the results', async () => {
    const page = await renderReport(makeData());
    expect(page).toContain('<h1>LeNet-5 on Pets</h1>');
    expect(page).toContain('75.00 %');
    expect(page).toContain('1 of 4');
    expect(page).toContain('It most often takes dog for cat (1).');
    expect(page).toContain('1,234');
    expect(page).toContain('neocog train pets --epochs 2');
  });

  it('gives the same page for the same data, whatever the names hold', async () => {
    const data = makeData(['<b>&"', "'dog'"]);
    const page = await renderReport(data);
    expect(await renderReport(data)).toBe(page);
    expect(page).toContain('&lt;b&gt;&amp;&quot;');
    expect(page).not.toContain('<b>&"');
  });
});

describe('findMistakes', () => {
  it('orders by confidence and passes over what was not tested', () => {
    const test = makeData().test;
    const found = findMistakes({
      test,
      evaluation: {
        ...makeData().evaluation,
        predictions: Int32Array.of(1, 1, 1, -1),
        confidences: Float32Array.of(0.6, 0.9, 1, 1),
      },
    });
    expect(found.map(({ index }) => index)).toEqual([1, 0]);
    expect(found[0]).toMatchObject({ truth: 0, taken: 1 });
  });
});

describe('lineChart', () => {
  it('draws each series, also on a scale of factors', () => {
    const base = {
      label: 'l',
      xLabel: 'x',
      x: [0, 2],
      xTicks: [0, 1, 2],
      y: [0.01, 1],
      format: String,
    } as const;
    const series = [
      {
        name: 'loss',
        style: 'one',
        points: [
          [0, 1],
          [1, 0.1],
          [2, 0.01],
        ],
      },
    ] as const;
    const straight = /d="M52,12L278,121L504,230"/;
    expect(lineChart({ ...base, logarithmic: true, series }).text).toMatch(straight);
    expect(lineChart({ ...base, series }).text).not.toMatch(straight);
  });
});

describe('pictures', () => {
  it('maps numbers to colours', () => {
    expect(greys(0.5)).toEqual([128, 128, 128]);
    expect(blueWhiteRed(0)[2]).toBeGreaterThan(blueWhiteRed(0)[0]);
    expect(blueWhiteRed(1)[0]).toBeGreaterThan(blueWhiteRed(1)[2]);
    expect(magma(-1)).toEqual(magma(0));
  });

  it('cuts planes and draws a plane of equal values', async () => {
    const planes = planesOf([2, 1, 2], Float32Array.of(1, 2, 3, 4));
    expect(planes).toHaveLength(2);
    expect([...Array.from(planes[1].values)]).toEqual([3, 4]);
    const image = await picture(planes[0], greys, { low: 1, high: 1, scale: 3, alt: 'flat "one"' });
    expect(image.text).toContain('width="6" height="3" alt="flat &quot;one&quot;"');
  });
});

it('html escapes all but html', () => {
  expect(html`<p>${'<a>'} ${html`<b>${1}</b>`} ${['x&', html`<i>`]}</p>`.text).toBe(
    '<p>&lt;a&gt; <b>1</b> x&amp;<i></p>',
  );
});
