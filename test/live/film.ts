/** @file Video files, as the browser records them. */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright';

/** Two seconds of a picture. @param path Of a PNG file. */
export async function recordFilm(page: Page, path: string): Promise<Buffer> {
  const picture = `data:image/png;base64,${await readFile(path, 'base64')}`;
  const base64 = await page.evaluate(async (src) => {
    const image = Object.assign(new Image(), { src });
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
    const drawing = setInterval(() => canvas.getContext('2d')?.drawImage(image, 0, 0), 40);
    const recorder = new MediaRecorder(canvas.captureStream(), { mimeType: 'video/webm;codecs=vp8' });
    const recorded = new Promise<Blob>((resolve) => {
      recorder.ondataavailable = ({ data }) => resolve(data);
    });
    recorder.start();
    setTimeout(() => recorder.stop(), 2000);
    const blob = await recorded;
    clearInterval(drawing);
    return btoa(String.fromCharCode(...new Uint8Array(await blob.arrayBuffer())));
  }, picture);
  return Buffer.from(base64, 'base64');
}
