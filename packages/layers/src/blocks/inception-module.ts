/** @file Inception's block. */
import { Concatenate } from '../layers/index.ts';
import type { Applicable, SymbolicTensor } from '../symbolic.ts';

export interface InceptionModuleOptions {
  /** Of the layer that joins the branches. */
  readonly name?: string;
  /** Each a chain of layers, from the same input. */
  readonly branches: readonly (readonly Applicable[])[];
}

/** Branches of several depths and window sizes side by side, their channels joined (Szegedy et al. 2015, figure 2b). */
export class InceptionModule {
  constructor(readonly options: InceptionModuleOptions) {}

  apply(x: SymbolicTensor): SymbolicTensor {
    const { branches, ...named } = this.options;
    return new Concatenate(named).apply(branches.map((layers) => x.pipe(...layers)));
  }
}
