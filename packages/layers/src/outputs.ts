/** @file What a model's outputs are: logits, or probabilities. */
import { Model } from './model.ts';
import type { AnyLayer } from './symbolic.ts';

/** Whether a model's outputs are probabilities already, and no logits. */
export function endsInSoftmax({ output }: Model): boolean {
  return output.layer !== undefined && isSoftmax(output.layer);
}

function isSoftmax(layer: AnyLayer): boolean {
  if (layer instanceof Model) return endsInSoftmax(layer);
  const { activation } = layer.options as { readonly activation?: unknown };
  return layer.className === 'Softmax' || activation === 'softmax';
}
