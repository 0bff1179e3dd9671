import { describe, expect, it } from 'vitest';
import { datasets } from './datasets.ts';
import { findName, nearNames } from './names.ts';
import { dashed, findModel, modelNames } from './networks.ts';

const spellings = (name: string): string[] => [
  name,
  dashed(name),
  dashed(name).replaceAll('-', '_'),
  name.toUpperCase(),
  `${name[0].toUpperCase()}${name.slice(1)}`,
  name.replace(/(\d+)$/, '-$1'),
  name.replace(/(\d+)$/, ' $1'),
];

describe('findName', () => {
  it('finds every network and data set in every usual spelling', () => {
    for (const name of modelNames) {
      for (const text of spellings(name)) expect(findModel(text)?.name, text).toBe(name);
    }
    const known = datasets.map(({ name }) => name);
    expect(findName(known, 'MNIST')).toBe('mnist');
    for (const text of ['FashionMNIST', 'fashion_mnist', 'Fashion MNIST'])
      expect(findName(known, text)).toBe('fashion-mnist');
  });

  it('finds nothing else', () => {
    for (const text of ['', '-', 'resnet', 'resnet1', 'resnet188', 'toString'])
      expect(findModel(text), text).toBeUndefined();
  });
});

describe('nearNames', () => {
  it('has the names that hold a text, then those with the fewest letters changed, none that are far', () => {
    expect(nearNames(modelNames, 'resnet')).toEqual(['resnet18', 'resnet34', 'resnet50']);
    expect(nearNames(modelNames, 'rsnet18')).toEqual(['resnet18']);
    expect(nearNames(modelNames, 'resnet19')).toEqual(['resnet18']);
    expect(nearNames(['abcde'], 'abcxy')).toEqual(['abcde']);
    expect(nearNames(['abcde'], 'abxyz')).toEqual([]);
    expect(nearNames(['abcde'], '')).toEqual([]);
  });
});
