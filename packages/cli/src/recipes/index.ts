/** @file The recipes by name. */
import { ArgumentError } from '@fer/core';
import { ckPlusRecipes } from './ck-plus.ts';
import { p1 } from './p1.ts';
import { p2 } from './p2.ts';
import { p3 } from './p3.ts';
import { p4 } from './p4.ts';
import { p5 } from './p5.ts';
import type { Recipe } from './recipe.ts';
import { fernet, mobiexpressnet, mobilenet } from './shipped.ts';

export type { DatasetName, Recipe, RecipeExperiment, Variant } from './recipe.ts';

export const recipes: Readonly<Record<string, Recipe>> = {
  p1,
  p2,
  p3,
  p4,
  p5,
  fernet,
  mobilenet,
  mobiexpressnet,
  ...ckPlusRecipes,
};

/**
 * A recipe by `NAME`, with all its variants chosen, or by `NAME/VARIANT,VARIANT` with these.
 * @throws ArgumentError for names that are none
 */
export function findRecipe(text: string): {
  readonly name: string;
  readonly recipe: Recipe;
  readonly chosen: readonly string[];
} {
  const [name = '', variants, ...others] = text.split('/');
  const recipe = Object.hasOwn(recipes, name) ? recipes[name] : undefined;
  if (!recipe)
    throw new ArgumentError('reproduce', `there is no recipe '${name}', only ${Object.keys(recipes).join(', ')}`);
  if (others.length > 0) throw new ArgumentError('reproduce', `'${text}' must be NAME or NAME/VARIANT,VARIANT`);
  const known = Object.keys(recipe.variants);
  const chosen = variants?.split(',') ?? known;
  for (const key of chosen)
    if (!known.includes(key))
      throw new ArgumentError('reproduce', `${name} has no variant '${key}', only ${known.join(', ')}`);
  return { name, recipe, chosen };
}
