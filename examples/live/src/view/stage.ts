/** @file The picture on the page, and what is drawn on it. */
import type { Source } from '../sources/source.ts';
import type { Sight } from '../worker/protocol.ts';
import { find } from './dom.ts';
import { drawOverlay } from './overlay.ts';

export class Stage {
  readonly video = find('video', HTMLVideoElement);
  readonly picture = find('picture', HTMLImageElement);
  readonly #screen = find('screen', HTMLDivElement);
  readonly #overlay = find('overlay', HTMLCanvasElement);
  readonly #welcome = find('welcome', HTMLDivElement);
  #source: Source | undefined;
  #redraw = () => {};

  constructor() {
    new ResizeObserver(() => this.#redraw()).observe(this.#screen);
    this.video.addEventListener('resize', () => this.#turn()); // as when a phone is turned
  }

  /** Shows what a source shows, or with none the welcome. */
  show(source: Source | undefined): void {
    this.#source = source;
    this.#welcome.hidden = source !== undefined;
    for (const element of [this.video, this.picture]) element.hidden = element !== source?.element;
    this.#screen.classList.toggle('is-mirrored', source?.kind === 'camera');
    this.#fit(source ?? { width: 4, height: 3 });
  }

  #turn(): void {
    if (this.#source?.element === this.video && this.video.videoWidth > 0) this.#fit(this.#source);
  }

  /** What was drawn belongs to a picture of another shape. */
  #fit({ width, height }: { readonly width: number; readonly height: number }): void {
    this.#screen.style.setProperty('--ratio', `${width / height}`);
    this.draw(undefined, [], false);
  }

  draw(sight: Sight | undefined, labels: readonly string[], isMirrored: boolean): void {
    this.#redraw = () => drawOverlay(this.#overlay, sight, labels, isMirrored);
    this.#redraw();
  }

  /** Calls this with files that are dropped on the picture. */
  onDrop(open: (file: File) => void): void {
    const mark = (isTarget: boolean) => this.#screen.classList.toggle('is-target', isTarget);
    this.#screen.ondragover = (event) => {
      event.preventDefault();
      mark(true);
    };
    this.#screen.ondragleave = () => mark(false);
    this.#screen.ondrop = (event) => {
      event.preventDefault();
      mark(false);
      const [file] = event.dataTransfer?.files ?? [];
      if (file) open(file);
    };
  }
}
