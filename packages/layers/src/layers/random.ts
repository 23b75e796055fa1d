/** @file What layers draw from. */
import { ArgumentError, type Random } from '@fer/core';

/** The generator of a forward pass in training. @throws ArgumentError if there is none */
export function randomOf(label: string, random: Random | undefined): Random {
  if (!random) throw new ArgumentError(label, 'draws at random in training: forward needs { training: true, random }');
  return random;
}
