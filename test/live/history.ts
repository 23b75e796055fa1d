/** @file What the page has stored. */
import type { Prediction } from '@fer/data';
import type { Page } from 'playwright';

/** All rows, in the order of session, time and face. */
export const storedRows = (page: Page): Promise<Prediction[]> => read(page, 'getAll');

export const countRows = (page: Page): Promise<number> => read(page, 'count');

function read<Result>(page: Page, method: 'getAll' | 'count'): Promise<Result> {
  return page.evaluate(
    (name) =>
      new Promise<Result>((resolve, reject) => {
        const opening = indexedDB.open('fer-live');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const reading = opening.result.transaction('predictions').objectStore('predictions')[name]();
          reading.onerror = () => reject(reading.error);
          reading.onsuccess = () => {
            opening.result.close();
            resolve(reading.result as Result);
          };
        };
      }),
    method,
  );
}
