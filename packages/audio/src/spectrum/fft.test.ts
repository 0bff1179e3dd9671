import { describe, expect, it } from 'vitest';
import { noise } from '../../test/noise.ts';
import { complexOf, Fft } from './fft.ts';
import { cosOfTurn, sinOfTurn } from './turn.ts';

const input = (n: number) => {
  const { data } = noise([2 * n], n);
  return { re: Float64Array.from(data.slice(0, n)), im: Float64Array.from(data.slice(n)) };
};

describe('the fast Fourier transform', () => {
  it.each([1, 2, 3, 7, 8, 12, 30, 49, 64, 100, 101])('of %i values is the sum that defines it', (n) => {
    const { re, im } = input(n);
    const result = complexOf(n);
    new Fft(n).transform({ re, im }, result);
    for (let k = 0; k < n; k++) {
      let [x, y] = [0, 0];
      for (let i = 0; i < n; i++) {
        const [cos, sin] = [Math.cos((2 * Math.PI * k * i) / n), -Math.sin((2 * Math.PI * k * i) / n)];
        x += re[i] * cos - im[i] * sin;
        y += re[i] * sin + im[i] * cos;
      }
      expect(result.re[k]).toBeCloseTo(x, 10);
      expect(result.im[k]).toBeCloseTo(y, 10);
    }
  });

  it('comes back with real and imaginary parts exchanged', () => {
    const from = input(60);
    const [there, back] = [complexOf(60), complexOf(60)];
    const fft = new Fft(60);
    fft.transform(from, there);
    fft.transform({ re: there.im, im: there.re }, { re: back.im, im: back.re });
    back.re.forEach((v, i) => {
      expect(v / 60).toBeCloseTo(from.re[i], 12);
      expect(back.im[i] / 60).toBeCloseTo(from.im[i], 12);
    });
  });
});

describe('sines and cosines of turns', () => {
  it('are those of Math, to the last bit or two, and exact in quarters', () => {
    for (let i = -500; i <= 500; i++) {
      const t = i / 97;
      expect(Math.abs(cosOfTurn(t) - Math.cos(2 * Math.PI * t))).toBeLessThan(2e-14);
      expect(Math.abs(sinOfTurn(t) - Math.sin(2 * Math.PI * t))).toBeLessThan(2e-14);
    }
    expect([0, 0.25, 0.5, 0.75, 1].map((t) => cosOfTurn(t) + 0)).toEqual([1, 0, -1, 0, 1]);
    expect([0, 0.25, 0.5, 0.75, 1].map((t) => sinOfTurn(t) + 0)).toEqual([0, 1, 0, -1, 0]);
  });
});
