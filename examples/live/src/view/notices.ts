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
  readonly #shown = new Map<string, HTMLElement>();

  /** @param about One notice about each thing: a newer one replaces it. */
  show(about: string, { title, text, isError = false, action }: Notice): void {
    const hide = () => this.hide(about);
    const run = () => {
      hide();
      action?.run();
    };
    const button = make('button', { type: 'button', className: 'small', onclick: run }, action?.title ?? 'Dismiss');
    const element = make(
      'div',
      { className: isError ? 'notice is-error' : 'notice' },
      make('strong', {}, title),
      make('p', {}, text),
      button,
    );
    const before = this.#shown.get(about);
    if (before) before.replaceWith(element);
    else this.#place.prepend(element);
    this.#shown.set(about, element);
  }

  hide(about: string): void {
    this.#shown.get(about)?.remove();
    this.#shown.delete(about);
  }
}
