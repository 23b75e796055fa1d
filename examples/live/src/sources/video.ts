/** @file Moving pictures: a camera, or a file. */
import type { Source } from './source.ts';

/**
 * A camera, shown in this element.
 * @param onEnd Is called should it be unplugged, or taken away.
 * @param signal Lets go of the camera at once, should something else be wanted.
 * @throws DOMException as getUserMedia does; explainCamera puts it into words
 */
export async function openCamera(element: HTMLVideoElement, onEnd: () => void, signal: AbortSignal): Promise<Source> {
  if (!navigator.mediaDevices) throw new DOMException('this address is not secure', 'SecurityError');
  const video = { facingMode: 'user', width: { ideal: 640 }, height: { ideal: 480 } };
  const stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
  const stop = () => {
    for (const track of stream.getTracks()) track.stop();
    if (element.srcObject === stream) element.srcObject = null; // and not what the element shows by now
  };
  if (signal.aborted) stop(); // people take their time to grant it
  signal.throwIfAborted();
  for (const track of stream.getTracks()) track.onended = onEnd; // which stop() does not cause
  element.srcObject = stream;
  element.controls = false;
  return moving('camera', element, stop, signal);
}

/**
 * A video file, shown in this element.
 * @param signal Gives up, should something else be wanted meanwhile.
 * @throws Error if it cannot be played, has no pictures, or something else is wanted
 */
export async function openVideo(element: HTMLVideoElement, file: Blob, signal: AbortSignal): Promise<Source> {
  const url = URL.createObjectURL(file);
  const stop = () => {
    if (element.src === url) {
      element.removeAttribute('src');
      if (!element.srcObject) element.load(); // which would stop a camera
    }
    URL.revokeObjectURL(url);
  };
  element.srcObject = null; // it would be shown instead of the file
  element.src = url;
  element.controls = true;
  return moving('video', element, stop, signal);
}

async function moving(
  kind: 'camera' | 'video',
  element: HTMLVideoElement,
  stop: () => void,
  signal: AbortSignal,
): Promise<Source> {
  let isStopped = false;
  signal.addEventListener('abort', stop, { once: true });
  try {
    await element.play();
    signal.throwIfAborted();
    if (element.videoWidth === 0) throw new Error('there is no picture that this browser can show');
  } catch (error) {
    stop();
    throw error;
  }
  return {
    kind,
    element,
    get width() {
      return element.videoWidth;
    },
    get height() {
      return element.videoHeight;
    },
    watch(onPicture) {
      const next = () => {
        if (isStopped) return;
        onPicture();
        whenNext(element, next);
      };
      whenNext(element, next);
    },
    stop() {
      isStopped = true;
      stop();
    },
  };
}

/** Calls this when the next picture is shown; in browsers that do not tell, before the next repaint. */
function whenNext(element: HTMLVideoElement, next: () => void): void {
  if ('requestVideoFrameCallback' in element) element.requestVideoFrameCallback(next);
  else requestAnimationFrame(next);
}

/** What to tell of a camera that cannot be used, and what can be done. */
export function explainCamera(error: unknown): { readonly title: string; readonly text: string } {
  const name = error instanceof Error ? error.name : '';
  return EXPLANATIONS[name] ?? { title: 'The camera does not start', text: `The browser says: ${error}` };
}

const FILES_WORK = 'Pictures and videos from files work all the same.';

const EXPLANATIONS: Record<string, { readonly title: string; readonly text: string }> = {
  NotAllowedError: {
    title: 'The camera may not be used',
    text: `The browser, or someone, refused. To allow it, use the camera symbol beside the address, then start the camera again. ${FILES_WORK}`,
  },
  NotFoundError: { title: 'There is no camera', text: `Connect one and start the camera again. ${FILES_WORK}` },
  NotReadableError: {
    title: 'The camera is busy',
    text: `Another program seems to use it. Close that and start the camera again. ${FILES_WORK}`,
  },
  SecurityError: {
    title: 'Browsers give cameras to secure pages alone',
    text: `Open this page at http://localhost, as fer live says, or by https. ${FILES_WORK}`,
  },
};
