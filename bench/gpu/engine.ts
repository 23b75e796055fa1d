/** @file What the page needs of an engine. */
import type { KernelCase, NetworkCase } from './cases.ts';

/** The operands of a case, and what comes back into it where a derivative is measured. */
export interface Values {
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly gradient: Float32Array;
}

export interface Prepared {
  /** Computes the case once and reads the result back: a network's outputs, or the loss before a step of training. */
  run(): Promise<Float32Array>;
  dispose(): void;
}

export interface Engine {
  /** Name, version and settings. */
  readonly description: string;
  /** Brings the operands to the device. */
  prepare(work: KernelCase, values: Values): Prepared;
  /** @returns what loads the network's file, which is in memory, and brings a batch of images to the device */
  networkLoader(work: NetworkCase): Promise<() => Promise<Prepared>>;
}

/** How an engine reads a result. On WebGL the synchronous way is the faster: tfjs' other one polls for the end. */
export type Read<T> = (result: T) => Promise<Float32Array>;
