/** @file Transcendental functions on vectors, within a few units in the last place: Cephes' single precision methods (Moshier 1989). */
import { atLeast, atMost, choose, madd } from './vector';

function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/** 2^n for integers n of -126 to 127, by its bits. */
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** e^x: 2^n e^r with |r| <= log(2) / 2. Overflows to infinity; below the least float it is 0. */
export function exp(x: v128): v128 {
  const bounded = atMost(atLeast(x, splat(-104)), splat(89));
  const n = f32x4.nearest(f32x4.mul(bounded, splat(1.4426950408889634)));
  // log(2) in two parts, the first with so few bits that its product with n is exact
  const r = madd(n, splat(2.1219444e-4), madd(n, splat(-0.693359375), bounded));
  let p = madd(splat(1.98756915e-4), r, splat(1.3981999507e-3));
  p = madd(p, r, splat(8.3334519073e-3));
  p = madd(p, r, splat(4.1665795894e-2));
  p = madd(p, r, splat(1.6666665459e-1));
  p = madd(p, r, splat(5.0000001201e-1));
  p = f32x4.add(madd(f32x4.mul(p, r), r, r), splat(1));
  // in two steps: 2^n itself may be no normal float
  const whole = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(p, powerOfTwo(half)), powerOfTwo(i32x4.sub(whole, half)));
}

/** The natural logarithm: e log(2) + log(1 + f) with 1 + f in [sqrt(1/2), sqrt(2)). */
export function log(x: v128): v128 {
  const isTiny = f32x4.lt(x, splat(1.17549435e-38));
  const scaled = choose(isTiny, f32x4.mul(x, splat(8388608)), x);
  const mantissa = v128.or(v128.and(scaled, i32x4.splat(0x7fffff)), splat(0.5));
  const isSmall = f32x4.lt(mantissa, splat(0.7071067811865476));
  const exponent = i32x4.sub(i32x4.shr_s(scaled, 23), i32x4.splat(126));
  // the mask is -1 where it is set
  const e = f32x4.convert_i32x4_s(i32x4.sub(i32x4.add(exponent, isSmall), v128.and(isTiny, i32x4.splat(23))));
  const f = f32x4.sub(f32x4.add(mantissa, v128.and(isSmall, mantissa)), splat(1));
  const f2 = f32x4.mul(f, f);
  let p = madd(splat(7.0376836292e-2), f, splat(-1.151461031e-1));
  p = madd(p, f, splat(1.167699874e-1));
  p = madd(p, f, splat(-1.2420140846e-1));
  p = madd(p, f, splat(1.4249322787e-1));
  p = madd(p, f, splat(-1.6668057665e-1));
  p = madd(p, f, splat(2.0000714765e-1));
  p = madd(p, f, splat(-2.4999993993e-1));
  p = madd(p, f, splat(3.3333331174e-1));
  const small = madd(f32x4.mul(p, f), f2, madd(e, splat(-2.1219444e-4), f32x4.mul(f2, splat(-0.5))));
  const result = madd(e, splat(0.693359375), f32x4.add(f, small));
  // infinity and NaN stay what they are; the logarithm of 0 is -infinity and of negative numbers NaN
  const special = choose(f32x4.eq(x, splat(0)), splat(-Infinity), choose(f32x4.lt(x, splat(0)), splat(NaN), x));
  return choose(v128.and(f32x4.gt(x, splat(0)), f32x4.lt(x, splat(Infinity))), result, special);
}

/** log(1 + x) for x >= 0, also where 1 + x rounds (Kahan's correction; Goldberg 1991, theorem 4). */
export function log1p(x: v128): v128 {
  const one = splat(1);
  const sum = f32x4.add(x, one);
  const corrected = f32x4.div(f32x4.mul(log(sum), x), f32x4.sub(sum, one));
  return choose(f32x4.eq(sum, one), x, corrected);
}

export function sigmoid(x: v128): v128 {
  return f32x4.div(splat(1), f32x4.add(splat(1), exp(f32x4.neg(x))));
}

export function tanh(x: v128): v128 {
  const magnitude = f32x4.abs(x);
  const x2 = f32x4.mul(x, x);
  let p = madd(splat(-5.70498872745e-3), x2, splat(2.06390887954e-2));
  p = madd(p, x2, splat(-5.37397155531e-2));
  p = madd(p, x2, splat(1.33314422036e-1));
  p = madd(p, x2, splat(-3.33332819422e-1));
  const near = madd(f32x4.mul(p, x2), x, x);
  const e2 = exp(f32x4.add(magnitude, magnitude));
  const far = f32x4.sub(splat(1), f32x4.div(splat(2), f32x4.add(e2, splat(1))));
  return choose(f32x4.lt(magnitude, splat(0.625)), near, copySign(far, x));
}

/** The error function. Beyond 1 by formula 7.1.26 of Abramowitz & Stegun (1964), within 1.5e-7. */
export function erf(x: v128): v128 {
  const magnitude = f32x4.abs(x);
  const x2 = f32x4.mul(x, x);
  let p = madd(splat(7.853861353153693e-5), x2, splat(-8.010193625184903e-4));
  p = madd(p, x2, splat(5.188327685732524e-3));
  p = madd(p, x2, splat(-2.685381193529856e-2));
  p = madd(p, x2, splat(1.128358514861418e-1));
  p = madd(p, x2, splat(-3.7612625824233e-1));
  p = madd(p, x2, splat(1.12837916572671));
  const t = f32x4.div(splat(1), madd(magnitude, splat(0.3275911), splat(1)));
  let q = madd(splat(1.061405429), t, splat(-1.453152027));
  q = madd(q, t, splat(1.421413741));
  q = madd(q, t, splat(-0.284496736));
  q = madd(q, t, splat(0.254829592));
  const far = f32x4.sub(splat(1), f32x4.mul(f32x4.mul(q, t), exp(f32x4.neg(x2))));
  return choose(f32x4.lt(magnitude, splat(1)), f32x4.mul(p, x), copySign(far, x));
}

/** x^y, lane by lane. */
export function pow(x: v128, y: v128): v128 {
  if (i32x4.all_true(f32x4.eq(y, splat(2)))) return f32x4.mul(x, x);
  let result = splat(Mathf.pow(f32x4.extract_lane(x, 0), f32x4.extract_lane(y, 0)));
  result = f32x4.replace_lane(result, 1, Mathf.pow(f32x4.extract_lane(x, 1), f32x4.extract_lane(y, 1)));
  result = f32x4.replace_lane(result, 2, Mathf.pow(f32x4.extract_lane(x, 2), f32x4.extract_lane(y, 2)));
  return f32x4.replace_lane(result, 3, Mathf.pow(f32x4.extract_lane(x, 3), f32x4.extract_lane(y, 3)));
}

function copySign(magnitude: v128, sign: v128): v128 {
  return choose(i32x4.splat(0x7fffffff), magnitude, sign);
}
