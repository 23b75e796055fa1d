/** @file What a model's outputs are: logits, or probabilities. */
import type { Model } from './model.ts';

/** Whether a model's outputs are probabilities already, and no logits. */
export function endsInSoftmax({ output: { layer } }: Model): boolean {
  if (layer === undefined) return false;
  const { activation } = layer.options as { readonly activation?: unknown };
  return layer.className === 'Softmax' || activation === 'softmax';
}
