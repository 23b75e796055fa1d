/** @file A picture from a file. */
import type { Source } from './source.ts';

/**
 * Shown in this element.
 * @param signal Gives up, should something else be wanted meanwhile.
 * @throws DOMException if the browser cannot decode it, or something else is wanted
 */
export async function openPicture(element: HTMLImageElement, file: Blob, signal: AbortSignal): Promise<Source> {
  const url = URL.createObjectURL(file);
  const stop = () => {
    if (element.src === url) element.removeAttribute('src'); // and not what the element shows by now
    URL.revokeObjectURL(url);
  };
  element.src = url;
  try {
    await element.decode();
    signal.throwIfAborted();
  } catch (error) {
    stop();
    throw error;
  }
  const { naturalWidth: width, naturalHeight: height } = element;
  return { kind: 'picture', element, width, height, watch: (onPicture) => onPicture(), stop };
}
