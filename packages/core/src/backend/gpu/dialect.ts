/**
 * @file The dialect that kernels are written in: TypeScript functions that gpu.js compiles, with three additions.
 *
 * - A tensor is a flat row of floats, read one by one, `x.at(i)`, or four at a time, `x.cell(c)` for floats 4c to 4c + 3.
 *   Four at a time is one memory access on GL and webgpu. A kernel reads each of its tensors in one of the two ways.
 * - `return v` computes one float of the result, the one numbered `this.thread.x`; `return [p, q, r, s]` computes a cell
 *   of four; `return [[...], [...], [...], [...]]` computes four cells of neighbouring rows (on GL and webgpu).
 * - `this.divide`, `this.erf` and others below, and the functions given to a call are helpers on scalars.
 *
 * Everything else is gpu.js: `this.thread` tells which piece of the result is wanted, `this.constants` are integers
 * that are compiled in (but on webgl2), the remaining parameters are numbers that may change from call to call. Loops count from a
 * literal to a constant; functions see nothing from outside of them.
 */

/** Four consecutive floats. */
export type Cell = readonly [number, number, number, number];

/** Four cells, of neighbouring rows of the result. */
export type Tile = readonly [Cell, Cell, Cell, Cell];

/** A tensor as a kernel sees it. */
export interface Floats {
  at(index: number): number;
  cell(index: number): Cell;
}

/** Helpers that every kernel and every function given to it can call. */
export interface Helpers {
  /** The integer part of i / n for integers 0 <= i < 2^24, exact also where the GPU's division is not. */
  divide(i: number, n: number): number;
  /** The error function, within 1.5e-7 (Abramowitz & Stegun 1964, formula 7.1.26). */
  erf(x: number): number;
  /** e^x, NaN for NaN; on GPUs Math.exp(NaN) is any number. */
  exp(x: number): number;
  /** The natural logarithm, NaN for NaN and for negative numbers; GPUs have any number there. */
  log(x: number): number;
  /** tanh that does not overflow: GPUs compute it from e^2x. */
  tanh(x: number): number;
  /** x^y for negative x and NaN too, as Math.pow has it; GLSL's pow does not. */
  power(x: number, y: number): number;
}

/** `this` in a kernel: where it is, its constants, its helpers and the functions `F` given to the call. */
export type Thread<C = object, F = object> = Helpers & {
  readonly thread: { readonly x: number; readonly y: number; readonly z: number };
  readonly constants: C;
} & F;

/** A function of scalars that a kernel calls. */
// biome-ignore lint/suspicious/noExplicitAny: `this` differs from function to function
export type ScalarFunction = (this: any, ...numbers: number[]) => number;

/** A kernel, whatever its operands. */
// biome-ignore lint/suspicious/noExplicitAny: operands and `this` differ from kernel to kernel
export type KernelFunction = (this: any, ...operands: any[]) => number | Cell | Tile;

/** The helpers themselves, compiled into each kernel that calls them. */
export const helpers: Record<keyof Helpers, ScalarFunction> = {
  divide(i: number, n: number) {
    const quotient = Math.floor(i / n);
    const rest = i - quotient * n;
    if (rest < 0) return quotient - 1;
    if (rest >= n) return quotient + 1;
    return quotient;
  },
  erf(x: number) {
    const a = Math.abs(x);
    const t = 1 / (1 + 0.3275911 * a);
    const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    const positive = 1 - series * Math.exp(-a * a);
    return x < 0 ? -positive : positive;
  },
  exp(x: number) {
    return x < 0 || x >= 0 ? Math.exp(x) : x;
  },
  log(x: number) {
    return x >= 0 ? Math.log(x) : Math.sqrt(x);
  },
  tanh(x: number) {
    const a = x < -10 || x > 10 ? 10 : Math.abs(x);
    const e = Math.exp(-2 * a);
    const positive = (1 - e) / (1 + e);
    return x < 0 ? -positive : positive;
  },
  power(x: number, y: number) {
    if (y === 0) return 1;
    if (!(x < 0 || x >= 0) || !(y < 0 || y > 0)) return x + y;
    // 1 for what is odd; infinities are even
    const remainder = y - 2 * Math.floor(y / 2);
    if (x === 0) return y > 0 ? 0 : remainder === 1 ? 1 / x : 1 / Math.abs(x);
    const magnitude = Math.abs(x) ** y;
    if (x > 0) return magnitude;
    // of infinities the fraction does not matter
    if (Math.floor(y) !== y && 0.5 * x !== x) return Math.sqrt(x);
    return remainder === 1 ? -magnitude : magnitude;
  },
};
