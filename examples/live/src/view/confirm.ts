/** @file A question before something is lost. */
import { find } from './dom.ts';

/** @returns whether the user said yes; Escape says no. */
export function confirmDeletion(title: string, text: string): Promise<boolean> {
  const dialog = find('confirm', HTMLDialogElement);
  find('confirm-title', HTMLHeadingElement).textContent = title;
  find('confirm-text', HTMLParagraphElement).textContent = text;
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => resolve(dialog.returnValue === 'yes');
  });
}
