/** @file The options that a layer has for each of its weights. */
import type { Constraint } from '../constraints.ts';
import type { Initializer } from '../initializers.ts';
import type { WeightOptions } from '../layer.ts';
import type { Regularizer } from '../regularizers.ts';

/** `kernelInitializer`, `kernelRegularizer` and `kernelConstraint`, if the prefix is 'kernel'. */
export type OptionsOf<Prefix extends string> = {
  readonly [K in `${Prefix}Initializer`]?: Initializer;
} & {
  readonly [K in `${Prefix}Regularizer`]?: Regularizer;
} & {
  readonly [K in `${Prefix}Constraint`]?: Constraint;
};

/** What a layer's options say of one weight. @param initializer unless they name another */
export function weightOptions<Prefix extends string>(
  prefix: Prefix,
  options: OptionsOf<Prefix>,
  initializer: Initializer,
): WeightOptions {
  return {
    initializer: (options[`${prefix}Initializer`] as Initializer | undefined) ?? initializer,
    regularizer: options[`${prefix}Regularizer`] as Regularizer | undefined,
    constraint: options[`${prefix}Constraint`] as Constraint | undefined,
  };
}
