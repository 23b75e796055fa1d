/** @file A picture from a file. */
import type { Source } from './source.ts';

/** Shown in this element. @throws DOMException if the browser cannot decode it */
export async function openPicture(element: HTMLImageElement, file: Blob): Promise<Source> {
  const url = URL.createObjectURL(file);
  const stop = () => {
    element.removeAttribute('src');
    URL.revokeObjectURL(url);
  };
  element.src = url;
  try {
    await element.decode();
  } catch (error) {
    stop();
    throw error;
  }
  const { naturalWidth: width, naturalHeight: height } = element;
  return { kind: 'picture', element, width, height, watch: (onPicture) => onPicture(), stop };
}
