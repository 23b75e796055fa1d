/** @file What the page needs of an engine. */
import type { Case } from './cases.ts';

/** The operands of a case, and what comes back into it where a derivative is measured. */
export interface Values {
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly gradient: Float32Array;
}

export interface Prepared {
  /** Computes the case once and reads the result back. */
  run(): Promise<Float32Array>;
  dispose(): void;
}

export interface Engine {
  /** Name, version and settings. */
  readonly description: string;
  /** Brings the operands to the device. */
  prepare(work: Case, values: Values): Prepared;
}
