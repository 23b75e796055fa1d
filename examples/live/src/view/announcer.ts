/** @file Tells screen readers what changed, and no more often than can be listened to. */
import type { Face } from '../worker/protocol.ts';
import { find } from './dom.ts';

/** Milliseconds that an expression must last before it is told. */
const LASTS = 1500;

/** Milliseconds between two messages. */
const PAUSE = 6000;

export class Announcer {
  readonly #place = find('announcer', HTMLParagraphElement);
  #text = '';
  #since = 0;
  #told = '';
  #toldAt = Number.NEGATIVE_INFINITY;

  /** @param time In milliseconds since 1970; none for a picture that stands alone, which is told at once. */
  show(faces: readonly Face[], time: number | undefined): void {
    const text = sentenceOf(faces);
    if (time === undefined) {
      this.tell(text);
      return;
    }
    if (text !== this.#text) {
      this.#text = text;
      this.#since = time;
    }
    if (text === this.#told || time - this.#since < LASTS || time - this.#toldAt < PAUSE) return;
    this.tell(text, time);
  }

  /** Tells this at once. */
  tell(text: string, time = Date.now()): void {
    this.#told = text;
    this.#toldAt = time;
    this.#place.textContent = text;
  }
}

function sentenceOf(faces: readonly Face[]): string {
  if (faces.length === 0) return 'No face in sight.';
  if (faces.length > 3) return `${faces.length} faces.`;
  return faces.map(({ face, label }) => `Face ${face}: ${label}.`).join(' ');
}
