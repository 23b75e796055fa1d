/** @file CK+ (Lucey et al. 2010, "The Extended Cohn-Kanade Dataset") as class folders of frames. */
import type { Dataset } from '../dataset.ts';
import { DataError } from '../errors.ts';
import { type ImageFolderOptions, readImageFolder } from './image-folder.ts';

/** The name of a file of CK+: subject, sequence and frame. */
export const CK_PLUS_FRAME = /^(S\d+)_(\d+)_\d+\.(?:png|jpe?g)$/i;

/**
 * CK+ in folders named after the expressions, as in CK+48: files S<subject>_<sequence>_<frame>.png, from which each item
 * gets its `subject` and `sequence`. Frames of one sequence are nearly the same: split by subject.
 * @throws as imageFolder, and DataError for other file names.
 */
export async function ckPlus(directory: string, options: ImageFolderOptions = {}): Promise<Dataset> {
  return readImageFolder('ckPlus', directory, options, (name) => {
    const [, subject, sequence] = CK_PLUS_FRAME.exec(name) ?? [];
    if (!subject || !sequence)
      throw new DataError('ckPlus', `the name is not S<subject>_<sequence>_<frame>.png but ${name}`);
    return { subject, sequence: `${subject}_${sequence}` };
  });
}
