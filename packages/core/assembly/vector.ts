/** @file Steps that every kernel takes with vectors of four floats. */

/** a * b + c, with one rounding where the engine has relaxed SIMD. */
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Elements of a where the mask is set, else of b. */
export function choose(mask: v128, a: v128, b: v128): v128 {
  return v128.bitselect(a, b, mask);
}

/** max(x, low), but NaN stays NaN; one instruction, where f32x4.max takes several. */
export function atLeast(x: v128, low: v128): v128 {
  return f32x4.pmax(x, low);
}

/** min(x, high), but NaN stays NaN. */
export function atMost(x: v128, high: v128): v128 {
  return f32x4.pmin(x, high);
}

/** max(a, b), NaN if one of them is: faster than f32x4.max, which also puts 0 above -0. */
export function larger(a: v128, b: v128): v128 {
  return v128.or(f32x4.pmax(a, b), f32x4.ne(b, b));
}

/** min(a, b), likewise. */
export function smaller(a: v128, b: v128): v128 {
  return v128.or(f32x4.pmin(a, b), f32x4.ne(b, b));
}

/** 1 where the mask is set, else 0. */
export function indicator(mask: v128): v128 {
  return v128.and(mask, f32x4.splat(1));
}

/** Stores the first `count` lanes, of 1 to 4. */
export function storeLanes(y: usize, v: v128, count: i32): void {
  if (count >= 4) v128.store(y, v);
  else {
    v128.store32_lane(y, v, 0);
    if (count > 1) v128.store32_lane(y, v, 1, 4);
    if (count > 2) v128.store32_lane(y, v, 2, 8);
  }
}

/** Stores the first `count` lanes of two vectors, of 1 to 8. */
export function storeEight(y: usize, v0: v128, v1: v128, count: i32): void {
  if (count >= 8) {
    v128.store(y, v0);
    v128.store(y, v1, 16);
  } else {
    storeLanes(y, v0, count);
    if (count > 4) storeLanes(y + 16, v1, count - 4);
  }
}

/** The first `count` lanes, 0 in the others; for sums, where what lies behind must not count. */
export function loadLanes(x: usize, count: i32): v128 {
  if (count >= 4) return v128.load(x);
  let v = v128.load32_zero(x);
  if (count > 1) v = v128.load32_lane(x, v, 1, 4);
  if (count > 2) v = v128.load32_lane(x, v, 2, 8);
  return v;
}

/** Stores the columns of four vectors as rows, `step` bytes apart. */
export function storeTransposed(v0: v128, v1: v128, v2: v128, v3: v128, y: usize, step: usize): void {
  const low01 = v128.shuffle<f32>(v0, v1, 0, 4, 1, 5);
  const low23 = v128.shuffle<f32>(v2, v3, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(v0, v1, 2, 6, 3, 7);
  const high23 = v128.shuffle<f32>(v2, v3, 2, 6, 3, 7);
  v128.store(y, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
  v128.store(y + step, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
  v128.store(y + 2 * step, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
  v128.store(y + 3 * step, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
}

/** The address of a float. */
export function at(x: usize, index: i32): usize {
  return x + ((<usize>index) << 2);
}
