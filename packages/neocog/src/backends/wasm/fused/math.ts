// Elementary functions of four floats as polynomials, to a few units in the last place over the whole range, with the
// IEEE results at ±inf, NaN and 0. Only mul and add, never fused, so every engine gives the same bits; those called fused are apart.
// Coefficients and splittings of exp, log, tanh, sin and cos: Moshier, Cephes Math Library 2.8 (expf.c, logf.c, tanhf.c, sinf.c).

import { type Code, type Func, f32x4, i32x4, type Local, v128 } from '../assembler/index.ts';

export type Vector = Code<'v128'>;

export const splat = (f: Func, x: number): Local<'v128'> => f.constant(v128.const4F(x, x, x, x), `c${x}`);
const splatInt = (f: Func, n: number): Local<'v128'> => f.constant(v128.const4I(n, n, n, n), `i${n}`);

/** Horner's rule, highest power first. */
function polynomial(f: Func, x: Vector, coefficients: readonly number[]): Vector {
  const [first, ...rest] = coefficients;
  return rest.reduce<Vector>((sum, c) => f32x4.add(f32x4.mul(sum, x), splat(f, c)), splat(f, first));
}

/** Between low and high; NaN stays NaN. */
const clamp = (f: Func, x: Vector, low: number, high: number): Vector =>
  f32x4.pmin(f32x4.pmax(x, splat(f, low)), splat(f, high));

/** Gives a value, which is not negative or has the sign of x already, the sign of x. */
const withSign = (f: Func, value: Vector, x: Vector): Vector => v128.or(value, v128.and(x, splat(f, -0)));

/** x · 2^n for whole n in ±252: in two steps, so that overflow and denormal results come out right. */
export function scale(f: Func, x: Vector, n: Local<'v128'>): Vector {
  const power = (k: Vector) => i32x4.shl(i32x4.add(k, splatInt(f, 127)), 23);
  const half = f.keep(i32x4.shrS(n, 1), 'half');
  return f32x4.mul(f32x4.mul(x, power(half)), power(i32x4.sub(n, half)));
}

/** Added to a float in ±2^22, 1.5 · 2^23 leaves it rounded to a whole number in the lowest bits. */
const rounder = 1.5 * 2 ** 23;

/** The nearest whole number, as floats and as integers; any numbers for NaN. */
export function round(f: Func, x: Vector): { float: Local<'v128'>; integer: Local<'v128'> } {
  const shifted = f.keep(f32x4.add(x, splat(f, rounder)), 'shifted');
  const float = f.keep(f32x4.sub(shifted, splat(f, rounder)), 'n');
  return { float, integer: f.keep(i32x4.sub(shifted, splat(f, rounder)), 'whole') };
}

/** (e^r − 1 − r) / r². */
const expCoefficients = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 0.16666665459, 0.5,
];

/** e^r for |r| ≤ ln(2) / 2. */
export function expNearZero(f: Func, r: Local<'v128'>): Vector {
  const p = polynomial(f, r, expCoefficients);
  return f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), splat(f, 1));
}

/** e^x = 2^n · e^r with n = round(x / ln 2); beyond −104 and 89 float32 has only 0 and infinity. */
export function exp(f: Func, a: Vector): Vector {
  const x = f.keep(clamp(f, a, -104, 89), 'x');
  const n = round(f, f32x4.mul(x, splat(f, Math.LOG2E)));
  // ln 2 in two parts: n times the first is exact.
  const rest = f32x4.sub(x, f32x4.mul(n.float, splat(f, 0.693359375)));
  const r = f.keep(f32x4.add(rest, f32x4.mul(n.float, splat(f, 2.12194440054e-4))), 'r');
  return scale(f, expNearZero(f, r), n.integer);
}

/** x = mantissa · 2^exponent with mantissa in [√½, √2), for positive finite x. The exponent is a float. */
export function split(f: Func, x: Local<'v128'>): { mantissa: Local<'v128'>; exponent: Local<'v128'> } {
  const denormal = f.keep(f32x4.lt(x, splat(f, 2 ** -126)), 'denormal');
  const normal = v128.bitselect(f32x4.mul(x, splat(f, 2 ** 23)), x, denormal);
  const rootHalf = splatInt(f, 0x3f3504f3);
  // Counted from √½, the exponent field is the exponent, and the mantissa field the distance from √½.
  const bits = f.keep(i32x4.sub(normal, rootHalf), 'bits');
  const exponent = f32x4.sub(f32x4.convertI32x4S(i32x4.shrS(bits, 23)), v128.and(denormal, splat(f, 23)));
  const mantissa = i32x4.add(v128.and(bits, splatInt(f, 0x7fffff)), rootHalf);
  return { mantissa: f.keep(mantissa, 'mantissa'), exponent: f.keep(exponent, 'exponent') };
}

const logCoefficients = [
  7.0376836292e-2, -0.1151461031, 0.1167699874, -0.12420140846, 0.14249322787, -0.16668057665, 0.20000714765,
  -0.24999993993, 0.33333331174,
];

export function log(f: Func, a: Vector): Vector {
  const x = f.keep(a, 'x');
  const { mantissa, exponent } = split(f, x);
  const m = f.keep(f32x4.sub(mantissa, splat(f, 1)), 'm');
  const z = f.keep(f32x4.mul(m, m), 'z');
  const cubic = f32x4.mul(f32x4.mul(polynomial(f, m, logCoefficients), m), z);
  const small = f32x4.sub(cubic, f32x4.mul(exponent, splat(f, 2.12194440054e-4)));
  const y = f32x4.add(m, f32x4.sub(small, f32x4.mul(z, splat(f, 0.5))));
  const finite = f32x4.add(y, f32x4.mul(exponent, splat(f, 0.693359375)));
  const infinity = splat(f, Infinity);
  const orInfinity = v128.bitselect(infinity, finite, f32x4.eq(x, infinity));
  const orPole = v128.bitselect(splat(f, -Infinity), orInfinity, f32x4.eq(x, splat(f, 0)));
  // All bits set is a NaN.
  return v128.or(orPole, v128.not(f32x4.ge(x, splat(f, 0))));
}

/** log(1 + x): with u = 1 + x rounded, log(u) plus the lost part (x − (u − 1)) / u. */
export function log1p(f: Func, a: Vector): Vector {
  const x = f.keep(a, 'x');
  const u = f.keep(f32x4.add(x, splat(f, 1)), 'u');
  const lost = f.keep(f32x4.div(f32x4.sub(x, f32x4.sub(u, splat(f, 1))), u), 'lost');
  // At u = 0 and u = inf the lost part is NaN and log(u) says it all.
  return f32x4.add(log(f, u), v128.and(lost, f32x4.eq(lost, lost)));
}

/** With e = e^−|x|, which does not overflow: 1 / (1 + e), or e / (1 + e) for negative x. */
export function sigmoid(f: Func, a: Vector): Vector {
  const x = f.keep(a, 'x');
  const one = splat(f, 1);
  const e = f.keep(exp(f, f32x4.neg(f32x4.abs(x))), 'e');
  return f32x4.div(v128.bitselect(one, e, f32x4.ge(x, splat(f, 0))), f32x4.add(one, e));
}

const tanhCoefficients = [
  -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 0.133314422036, -0.333332819422,
];

/** An odd polynomial below 0.625, 1 − 2 / (e^2|x| + 1) from there. */
export function tanh(f: Func, a: Vector): Vector {
  const x = f.keep(a, 'x');
  const z = f.keep(f32x4.mul(x, x), 'z');
  const p = polynomial(f, z, tanhCoefficients);
  const small = f.keep(f32x4.add(x, f32x4.mul(x, f32x4.mul(z, p))), 'small');
  const magnitude = f.keep(f32x4.abs(x), 'magnitude');
  const e = f32x4.add(exp(f, f32x4.add(magnitude, magnitude)), splat(f, 1));
  const large = f32x4.sub(splat(f, 1), f32x4.div(splat(f, 2), e));
  const value = v128.bitselect(small, large, f32x4.lt(magnitude, splat(f, 0.625)));
  // The sum that is `small` has lost the sign of −0.
  return withSign(f, value, x);
}

/** erf(x) / x in powers of x², and −log(erfc(x)) on [1, 4]: least maximum error, by Lawson's iteration on 2000 nodes. */
const erfSmall = [
  7.889119297e-5, -8.0208410509e-4, 5.189535208e-3, -2.6854444295e-2, 0.1128360033, -0.37612625956,
  1.1283791065,
];
const erfLarge = [
  -1.9150503795e-4, 2.9995490331e-3, -2.2052029148e-2, 0.10356695205, 0.63759994507, 1.1274261475,
  2.5643664412e-4,
];

export function erf(f: Func, a: Vector): Vector {
  const x = f.keep(a, 'x');
  const small = f.keep(f32x4.mul(x, polynomial(f, f.keep(f32x4.mul(x, x), 'z'), erfSmall)), 'small');
  const magnitude = f.keep(f32x4.abs(x), 'magnitude');
  // From 4 on, erf rounds to 1.
  const t = f.keep(f32x4.pmin(magnitude, splat(f, 4)), 't');
  const erfc = exp(f, f32x4.neg(polynomial(f, t, erfLarge)));
  const large = withSign(f, f32x4.sub(splat(f, 1), erfc), x);
  return v128.bitselect(small, large, f32x4.lt(magnitude, splat(f, 1)));
}

/** π/2 in three parts: a whole number of up to 15 bits times either of the first two is exact. */
const [quarterHigh, quarterMiddle, quarterLow] = [1.5703125, 4.837512969970703e-4, 7.54978995489188e-8];

/** (sin(r) / r − 1) / r², and (cos(r) − 1 + r²/2) / r⁴, in powers of r². */
const sinCoefficients = [-1.9515295891e-4, 8.3321608736e-3, -0.16666654611];
const cosCoefficients = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2];

export const sin = (f: Func, a: Vector): Vector => wave(f, a, 0);
export const cos = (f: Func, a: Vector): Vector => wave(f, a, 1);

/**
 * sin(x + quarters · π/2), from the sine or cosine of what is left of x beside whole quarters of a turn. To 1e-7 for |x| up to
 * 8192; beyond, a float's neighbours lie too far apart along the wave for single precision. The sine of −0 is 0, not −0: its
 * sign would take 5 % of the time.
 */
function wave(f: Func, a: Vector, quarters: number): Vector {
  const x = f.keep(a, 'x');
  const n = round(f, f32x4.mul(x, splat(f, 2 / Math.PI)));
  const [high, middle, low] = [quarterHigh, quarterMiddle, quarterLow].map((part) =>
    f32x4.mul(n.float, splat(f, part)),
  );
  const r = f.keep(f32x4.sub(f32x4.sub(f32x4.sub(x, high), middle), low), 'r');
  const z = f.keep(f32x4.mul(r, r), 'z');
  const sine = f32x4.add(r, f32x4.mul(f32x4.mul(r, z), polynomial(f, z, sinCoefficients)));
  const bend = f32x4.mul(f32x4.mul(z, z), polynomial(f, z, cosCoefficients));
  const cosine = f32x4.add(f32x4.sub(splat(f, 1), f32x4.mul(z, splat(f, 0.5))), bend);
  const quarter = f.keep(i32x4.add(n.integer, splatInt(f, quarters)), 'quarter');
  // Odd quarters take the cosine, the second half of a turn the other sign.
  const magnitude = v128.bitselect(cosine, sine, i32x4.shrS(i32x4.shl(quarter, 31), 31));
  return v128.xor(magnitude, i32x4.shl(v128.and(quarter, splatInt(f, 2)), 30));
}

/** 1, 0 or −1, with the sign of x; NaN for NaN. */
export function sign(f: Func, a: Vector): Vector {
  const x = f.keep(a, 'x');
  const magnitude = v128.and(f32x4.ne(x, splat(f, 0)), splat(f, 1));
  return v128.or(withSign(f, magnitude, x), f32x4.ne(x, x));
}

// The same for engines that multiply and add at once, in about half the instructions. Their last bits depend on the engine.

const madd = f32x4.relaxedMadd;

/** Horner's rule, highest power first. */
function fusedPolynomial(f: Func, x: Local<'v128'>, coefficients: readonly number[]): Vector {
  const [first, ...rest] = coefficients;
  return rest.reduce<Vector>((sum, c) => madd(sum, x, splat(f, c)), splat(f, first));
}

/** e^−r for |r| ≤ ln(2) / 2, to 3e-9 of the result: least maximum error with 1 − r as they are, by Lawson's iteration on 4000 nodes. */
const decayCoefficients = [
  1.381459879e-3, -8.368716575e-3, 4.166838899e-2, -0.1666652113, 0.4999999404, -1, 1,
];

/** What it is added to is rounded to a whole number n, and n + 127, the exponent field of 2^n, stands in the lowest bits. */
const exponentRounder = rounder + 127;

/** e^−t = near · power for −89 ≤ t ≤ 87; from −88.4 on down the power is infinite. */
function decay(f: Func, t: Local<'v128'>): { near: Vector; power: Vector } {
  const shifted = f.keep(madd(t, splat(f, -Math.LOG2E), splat(f, exponentRounder)), 'shifted');
  const n = f.keep(f32x4.sub(shifted, splat(f, exponentRounder)), 'n');
  // t = r − n · ln 2, in two parts.
  const rest = madd(n, splat(f, 0.693359375), t);
  const r = f.keep(madd(n, splat(f, -2.12194440054e-4), rest), 'r');
  return { near: fusedPolynomial(f, r, decayCoefficients), power: i32x4.shl(shifted, 23) };
}

/** 1 / (1 + e^−x), within 3 units of the last place; 0 from −88.4 on down, where float32 has only denormal numbers. */
export function fusedSigmoid(f: Func, a: Vector): Vector {
  const one = splat(f, 1);
  const { near, power } = decay(f, f.keep(clamp(f, a, -89, 87), 't'));
  return f32x4.div(one, madd(near, power, one));
}

/** An odd polynomial below 0.625, (1 − e^−2|x|) / (1 + e^−2|x|) from there. Within 3 units of the last place. */
export function fusedTanh(f: Func, a: Vector): Vector {
  const [x, one] = [f.keep(a, 'x'), splat(f, 1)];
  const z = f.keep(f32x4.mul(x, x), 'z');
  const small = madd(f32x4.mul(x, z), fusedPolynomial(f, z, tanhCoefficients), x);
  const magnitude = f.keep(f32x4.abs(x), 'magnitude');
  const twice = f.keep(f32x4.pmin(f32x4.add(magnitude, magnitude), splat(f, 87)), 'twice');
  const { near, power } = decay(f, twice);
  const d = f.keep(f32x4.mul(near, power), 'd');
  const large = f32x4.div(f32x4.sub(one, d), f32x4.add(one, d));
  // NaN is small.
  return withSign(f, v128.bitselect(large, small, f32x4.ge(magnitude, splat(f, 0.625))), x);
}

/** As `erf`, within 3 units of the last place. */
export function fusedErf(f: Func, a: Vector): Vector {
  const x = f.keep(a, 'x');
  const small = f32x4.mul(x, fusedPolynomial(f, f.keep(f32x4.mul(x, x), 'z'), erfSmall));
  const magnitude = f.keep(f32x4.abs(x), 'magnitude');
  const t = f.keep(f32x4.pmin(magnitude, splat(f, 4)), 't');
  const { near, power } = decay(f, f.keep(fusedPolynomial(f, t, erfLarge), 'exponent'));
  const large = withSign(f, f32x4.sub(splat(f, 1), f32x4.mul(near, power)), x);
  // NaN is small.
  return v128.bitselect(large, small, f32x4.ge(magnitude, splat(f, 1)));
}
