/** @file The list of faces, with all probabilities as text. */
import { EXPRESSION_COLORS } from '@fer/data';
import type { Face } from '../worker/protocol.ts';
import { colorOf, find, make, percent, setText } from './dom.ts';

/** A face's part of the page, kept for as long as the face is there. */
interface Card {
  readonly element: HTMLElement;
  update(face: Face): void;
}

export class FaceList {
  readonly #list = find('faces', HTMLOListElement);
  readonly #none = find('no-faces', HTMLParagraphElement);
  readonly #cards = new Map<number, Card>();

  show(faces: readonly Face[], labels: readonly string[]): void {
    const seen = new Set(faces.map(({ face }) => face));
    for (const [face, { element }] of this.#cards) {
      if (seen.has(face)) continue;
      element.remove();
      this.#cards.delete(face);
    }
    for (const face of faces) {
      const card = this.#cards.get(face.face) ?? this.#add(face.face, labels);
      card.update(face);
    }
    this.#none.hidden = faces.length > 0;
  }

  #add(face: number, labels: readonly string[]): Card {
    const card = cardOf(face, labels);
    this.#cards.set(face, card);
    this.#list.append(card.element);
    return card;
  }
}

function cardOf(face: number, labels: readonly string[]): Card {
  const title = make('strong');
  const rows = labels.map((label) => {
    const bar = make('dd', { className: 'bar', style: `--color: ${colorOf(label, EXPRESSION_COLORS)}` });
    bar.ariaHidden = 'true';
    const value = make('dd');
    return { label, bar, value, element: make('div', {}, make('dt', {}, label), bar, value) };
  });
  const bars = make('dl', { className: 'bars' }, ...rows.map(({ element }) => element));
  const header = make('header', {}, title, make('span', {}, `Face ${face}`));
  return {
    element: make('li', { className: 'face' }, header, bars),
    update({ label: top, smoothed }) {
      setText(title, top);
      for (const [i, { label, bar, value, element }] of rows.entries()) {
        const share = smoothed[i] ?? 0;
        element.classList.toggle('is-top', label === top);
        bar.style.setProperty('--value', share.toFixed(3));
        setText(value, percent(share));
      }
    },
  };
}
