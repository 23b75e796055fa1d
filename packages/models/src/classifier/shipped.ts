/** @file The trained networks that come with the package. */
import { ArgumentError } from '@fer/core';
import { readBytes } from '@fer/layers';
import { decodePretrained, type Pretrained } from './pretrained.ts';

/** Each address on its own, so that bundlers see which files belong to it. */
const files = {
  'fer-net': () => new URL('../../weights/fer-net.safetensors', import.meta.url),
  'mobilenet-v2': () => new URL('../../weights/mobilenet-v2.safetensors', import.meta.url),
  'mobi-express-net': () => new URL('../../weights/mobi-express-net.safetensors', import.meta.url),
};

/** The trained networks, by their names in createModel. */
export type PretrainedName = keyof typeof files;

/** Their names. */
export function listPretrained(): PretrainedName[] {
  return Object.keys(files) as PretrainedName[];
}

/**
 * A trained network that comes with the package. The caller disposes its model.
 * @throws ArgumentError for a name that is none, or if the file cannot be fetched
 */
export async function loadPretrained(name: PretrainedName): Promise<Pretrained> {
  if (!Object.hasOwn(files, name))
    throw new ArgumentError(
      'loadPretrained',
      `there are weights for ${listPretrained().join(', ')} but not for '${name}'`,
    );
  return decodePretrained(await readBytes('loadPretrained', files[name]()));
}
