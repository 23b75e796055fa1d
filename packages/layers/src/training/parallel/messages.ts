/** @file What the threads of data-parallel training tell each other. */
import type { DType, StoredTensor, Tensor } from '@fer/core';
import type { ModelConfig } from '../../config.ts';
import type { Objective } from '../figures.ts';
import type { Trainable } from '../trainable.ts';

/** What a worker begins with. The buffers hold a number for each of the model's weights, one weight after the other. */
export interface ReplicaStart {
  readonly config: ModelConfig;
  readonly objective: Required<Objective>;
  /** The model's weights at the step at hand. */
  readonly weights: SharedArrayBuffer;
  /** What the worker made: of each weight its gradient, or its value if that has changed. */
  readonly results: SharedArrayBuffer;
}

/** A tensor on its way between threads. */
export type HostTensor = Extract<StoredTensor, { readonly dtype: DType }>;

/** Examples whose gradients a worker is asked for. */
export interface Part {
  readonly trainable: Trainable;
  readonly images: HostTensor;
  readonly labels: HostTensor;
  /** As in accumulate. */
  readonly share: number;
  /** Of the forward pass. */
  readonly seed: number;
}

/** What came of a weight; nothing, if it is frozen. */
export type Outcome = 'gradient' | 'value' | undefined;

export type PartResult =
  | {
      /** As of figuresOf. */
      readonly figures: Float32Array;
      /** Of each weight. */
      readonly outcomes: readonly Outcome[];
    }
  | { readonly error: string };

/** Memory for the elements of these tensors that threads share. */
export function sharedMemoryFor(tensors: readonly Tensor[]): SharedArrayBuffer {
  return new SharedArrayBuffer(tensors.reduce((bytes, { size }) => bytes + 4 * size, 0));
}

/** The elements of each of these tensors in such memory. */
export function viewsOf(memory: SharedArrayBuffer, tensors: readonly Tensor[]): Float32Array[] {
  let offset = 0;
  return tensors.map(({ size }) => {
    const view = new Float32Array(memory, offset, size);
    offset += view.byteLength;
    return view;
  });
}
