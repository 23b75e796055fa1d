/** @file The worker, in which everything is computed, so that the page stays free. */
import { BackendError, setBackend } from '@fer/core';
import type { Reply, Request } from './protocol.ts';
import { Recogniser } from './recogniser.ts';

/** What a worker finds around it; the project's types are those of pages. */
const scope = globalThis as unknown as {
  postMessage(reply: Reply): void;
  onmessage: (event: MessageEvent<Request>) => void;
};
const answer = (reply: Reply): void => scope.postMessage(reply);

let recogniser: Recogniser | undefined;
const canvas = new OffscreenCanvas(1, 1);
const context = canvas.getContext('2d', { willReadFrequently: true });

scope.onmessage = async ({ data }) => {
  if (data.kind === 'follow') recogniser?.follow(data.face);
  else if (data.kind === 'start') answer(await start(data));
  else answer(await see(data));
};

async function start({ lock, backend, model }: Extract<Request, { kind: 'start' }>): Promise<Reply> {
  try {
    await hold(lock);
    await setBackend(backend);
  } catch (error) {
    return { kind: 'refused', reason: reasonOf(error) };
  }
  try {
    recogniser = await Recogniser.create(model);
    return { kind: 'ready', labels: recogniser.labels, card: recogniser.card };
  } catch (error) {
    // some GPUs refuse only what is compiled for them
    return { kind: error instanceof BackendError ? 'refused' : 'unloaded', reason: reasonOf(error) };
  }
}

/** The lock is given back when the worker ends, in whatever way: this is how the page knows. */
function hold(lock: string): Promise<void> {
  return new Promise((held) => {
    void navigator.locks.request(lock, () => {
      held();
      return new Promise(() => {});
    });
  });
}

async function see({ picture, look }: Extract<Request, { kind: 'picture' }>): Promise<Reply> {
  try {
    const sight = await (recogniser as Recogniser).look(pixelsOf(picture), look);
    return { kind: 'sight', sight };
  } catch (error) {
    return { kind: 'blind', reason: reasonOf(error), isLast: error instanceof BackendError };
  } finally {
    picture.close();
  }
}

function pixelsOf(picture: ImageBitmap): ImageData {
  const { width, height } = picture;
  if (!context) throw new Error('this browser has no canvas for workers');
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  context.drawImage(picture, 0, 0);
  return context.getImageData(0, 0, width, height);
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : `${error}`);
