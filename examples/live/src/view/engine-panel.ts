/** @file The choice of backend and network, and what they cost. */
import type { BackendName } from '@fer/core';
import { listPretrained, type PretrainedName } from '@fer/models';
import type { EngineState } from '../engine/runner.ts';
import { RateMeter } from '../rate.ts';
import type { Engine, Sight } from '../worker/protocol.ts';
import { find, make } from './dom.ts';

/** What the names of backends do not say. */
const REMARKS: Record<string, string> = { simd: ' (WebAssembly)', cpu: ' (JavaScript)' };

const titleOf = (backend: string): string => `${backend}${REMARKS[backend] ?? ''}`;

/** Milliseconds between two changes of the figures: faster ones cannot be read. */
const PAUSE = 500;

export class EnginePanel {
  readonly #backend = find('backend', HTMLSelectElement);
  readonly #model = find('model', HTMLSelectElement);
  readonly #smoothing = find('smoothing', HTMLInputElement);
  readonly #smoothingValue = find('smoothing-value', HTMLOutputElement);
  readonly #state = find('engine-state', HTMLParagraphElement);
  readonly #card = find('card', HTMLDivElement);
  readonly #figures = {
    rate: find('rate', HTMLElement),
    detection: find('detection', HTMLElement),
    classification: find('classification', HTMLElement),
    tensors: find('tensors', HTMLElement),
  };
  readonly #meter = new RateMeter();
  #shownAt = 0;

  /** @param onChoice Is told when another backend or network is chosen. */
  constructor(backends: readonly BackendName[], onChoice: (engine: Engine) => void) {
    this.#backend.append(...backends.map((name) => make('option', { value: name }, titleOf(name))));
    this.#model.append(...listPretrained().map((name) => make('option', { value: name }, name)));
    this.#backend.onchange = () => onChoice(this.engine);
    this.#model.onchange = () => {
      for (const option of this.#backend.options) option.textContent = titleOf(option.value); // rates were another network's
      onChoice(this.engine);
    };
    this.#smoothing.oninput = () => this.#showSmoothing();
    this.#showSmoothing();
  }

  get engine(): Engine {
    return { backend: this.#backend.value as BackendName, model: this.#model.value as PretrainedName };
  }

  /** In seconds. */
  get smoothing(): number {
    return this.#smoothing.valueAsNumber;
  }

  /** Chooses the next backend after one that cannot run; the last one stays. @returns its name, if there is another */
  without(backend: BackendName): string | undefined {
    if (this.#backend.options.length < 2) return undefined;
    [...this.#backend.options].find(({ value }) => value === backend)?.remove();
    return this.#backend.options[0]?.value;
  }

  showState(state: EngineState): void {
    this.#meter.clear();
    this.#state.textContent = sentenceOf(state);
    if (state.kind === 'ready') this.#card.replaceChildren(...paragraphsOf(state.card));
  }

  /** @param isMoving Whether pictures follow each other, so that there is a rate. */
  showSight(sight: Sight, isMoving: boolean): void {
    const now = performance.now();
    const rate = isMoving ? this.#meter.tick(now) : undefined;
    if (isMoving && now - this.#shownAt < PAUSE) return;
    this.#shownAt = now;
    this.#figures.rate.textContent = rate === undefined ? '–' : rate.toFixed(1);
    this.#figures.detection.textContent = `${sight.detection.toFixed(0)} ms`;
    this.#figures.classification.textContent = sight.faces.length === 0 ? '–' : `${sight.classification.toFixed(1)} ms`;
    this.#figures.tensors.textContent = `${sight.tensors}`;
    const option = this.#backend.selectedOptions[0];
    if (option && rate !== undefined) option.textContent = `${titleOf(option.value)}: ${rate.toFixed(1)} a second`;
  }

  #showSmoothing(): void {
    const text = this.smoothing === 0 ? 'none' : `${this.smoothing.toFixed(1)} s`;
    this.#smoothingValue.textContent = text;
    this.#smoothing.ariaValueText = text;
  }
}

function sentenceOf(state: EngineState): string {
  if (state.kind === 'ready') return 'Ready.';
  if (state.kind === 'starting') return 'Starting …';
  if (state.kind === 'restarting') return 'The worker died, and is started again …';
  return 'Not running.';
}

/** A model card without its marks: headings, emphasis and list marks mean little in a few lines. */
function paragraphsOf(markdown: string): HTMLElement[] {
  const blocks = markdown.split(/\n\s*\n|\n(?=- )/);
  return blocks.map((block) =>
    make(
      'p',
      {},
      block
        .replace(/^#+ |^- |\*\*/gm, '')
        .replace(/\s+/g, ' ')
        .trim(),
    ),
  );
}
