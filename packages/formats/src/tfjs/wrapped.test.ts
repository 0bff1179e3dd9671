// Models as JavaScript, in the forms in which bundlers leave them.

import { FormatError } from 'neocog';
import { describe, expect, it } from 'vitest';
import { unwrapBytes, unwrapJson, wrappedEnding } from './wrapped.ts';

const tick = '`';

const readJson = (text: string): unknown => JSON.parse(unwrapJson('a model', text));

describe('unwrapJson', () => {
  it.each([
    [
      'a common module',
      'module.exports = { a: 1, "b": [true, false, null] };',
      { a: 1, b: [true, false, null] },
    ],
    ['a module', 'export default {a:"x"};export const b=1', { a: 'x' }],
    [
      'what a bundler shortens',
      '!function(e){module.exports=e()}(function(){return{1:[function(e,t){t.exports={min:-.5,scale:.25e-3,whole:3.,yes:!0,no:!1,none:void 0}},{}]}});',
      { min: -0.5, scale: 0.00025, whole: 3, yes: true, no: false, none: null },
    ],
    [
      'quotes and escapes of all kinds',
      String.raw`exports={'it\'s': 'say "hi"', "b": "é\x41\n\\", c: ${tick}plain${tick}}`,
      { "it's": 'say "hi"', b: 'éA\n\\', c: 'plain' },
    ],
  ])('reads %s', (_, text, value) => {
    expect(readJson(text)).toEqual(value);
  });

  it.each([
    ['no export', 'const a = {}'],
    ['a call', 'module.exports={a:load("x")}'],
    ['a sum', 'module.exports={a:1+1}'],
    ['a text with code', `module.exports={a:${tick}\${process.exit()}${tick}}`],
    ['a beginning alone', 'module.exports={a:[1,2'],
  ])('refuses %s, and runs nothing', (_, text) => {
    expect(() => unwrapJson('a model', text)).toThrow(FormatError);
  });
});

describe('unwrapBytes', () => {
  it('decodes base64', () => {
    expect(unwrapBytes('a model', 'w.js', "t.exports='AQID/w=='")).toEqual(Uint8Array.of(1, 2, 3, 255));
  });

  it.each(['t.exports={}', 't.exports="no base64!"', 'nothing', 't.exports="AQID'])('refuses %s', (text) => {
    expect(() => unwrapBytes('a model', 'w.js', text)).toThrow('a model: w.js exports no bytes in base64');
  });
});

it('knows such models by the end of their address', () => {
  expect(wrappedEnding('a/model.min.js')).toBe('.min.js');
  expect(wrappedEnding('a/model.mjs')).toBe('.mjs');
  expect(wrappedEnding('a/model.json')).toBeUndefined();
});
