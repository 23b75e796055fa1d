/** @file Learning rates that make up for means which start as zeros (Kingma & Ba 2015). */
import type { AdamSettings } from './backend.ts';

/** Of Adam's step, by its mean and its root of the mean square. */
export function adamRate({ learningRate, beta1, beta2, step }: AdamSettings): number {
  return (learningRate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step);
}

/** Of Adamax' step, whose maximum needs none. */
export function adamaxRate({ learningRate, beta1, step }: AdamSettings): number {
  return learningRate / (1 - beta1 ** step);
}
