/** @file What the user should know: each notice once, until it is dismissed or no longer true. */
import { find, make } from './dom.ts';

export interface Notice {
  readonly title: string;
  readonly text: string;
  readonly isError?: boolean;
  /** A button that may help. */
  readonly action?: { readonly title: string; run(): void };
}

export class Notices {
  readonly #place = find('notices', HTMLDivElement);
  readonly #shown = new Map<string, { readonly notice: Notice; readonly element: HTMLElement }>();

  /** @param about One notice about each thing: a newer one replaces it, unless it says the same. */
  show(about: string, notice: Notice): void {
    const before = this.#shown.get(about);
    if (before && isSame(before.notice, notice)) return; // screen readers would read it again
    const element = this.#make(about, notice);
    if (before) before.element.replaceWith(element);
    else this.#place.prepend(element);
    this.#shown.set(about, { notice, element });
  }

  hide(about: string): void {
    this.#shown.get(about)?.element.remove();
    this.#shown.delete(about);
  }

  #make(about: string, { title, text, isError = false, action }: Notice): HTMLElement {
    const run = () => {
      this.hide(about);
      find('stage', HTMLElement).focus(); // the button is gone
      action?.run();
    };
    const button = make('button', { type: 'button', className: 'small', onclick: run }, action?.title ?? 'Dismiss');
    return make(
      'div',
      { className: isError ? 'notice is-error' : 'notice' },
      make('strong', {}, title),
      make('p', {}, text),
      button,
    );
  }
}

/** Buttons with the same title do the same. */
const isSame = (a: Notice, b: Notice): boolean =>
  a.title === b.title && a.text === b.text && a.isError === b.isError && a.action?.title === b.action?.title;
