/** @file What a model's outputs are: logits, or probabilities. */
import { isBuiltIn, isIdentity } from './layers/index.ts';
import type { Model } from './model.ts';
import type { SymbolicTensor } from './symbolic.ts';

/** Whether a model's outputs are probabilities already, and no logits. */
export function endsInSoftmax({ output }: Model): boolean {
  const { layer } = lastChange(output);
  if (layer === undefined) return false;
  const { activation } = layer.options as { readonly activation?: unknown };
  return layer.className === 'Softmax' || activation === 'softmax';
}

/** Goes back over layers that leave the last axis as it is. */
function lastChange(result: SymbolicTensor): SymbolicTensor {
  const { layer, inputs, shape } = result;
  const [before] = inputs;
  if (!layer || !before) return result;
  const flattens = isBuiltIn(layer) && ['Flatten', 'Reshape'].includes(layer.className);
  const isSame = isIdentity(layer) || (flattens && before.shape.at(-1) === shape.at(-1));
  return isSame ? lastChange(before) : result;
}
