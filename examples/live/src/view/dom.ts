/** @file Elements: found in the page, or made. */

/** The element with this id. @throws Error if the page has none of this type */
export function find<E extends Element>(id: string, type: new () => E): E {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no ${type.name} with the id ${id}`);
  return element;
}

type Properties<Tag extends keyof HTMLElementTagNameMap> = Partial<
  Omit<HTMLElementTagNameMap[Tag], 'style'> & { readonly style: string }
>;

/** An element with these properties and this content. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties<Tag> = {},
  ...content: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...content);
  return element;
}

/** A drawing area as large as the canvas is shown, in CSS pixels; nothing while it is not shown. */
export function sized(canvas: HTMLCanvasElement): CanvasRenderingContext2D | undefined {
  const { clientWidth, clientHeight } = canvas;
  const context = canvas.getContext('2d');
  if (!context || clientWidth === 0 || clientHeight === 0) return undefined;
  const [width, height] = [clientWidth, clientHeight].map((side) => Math.round(side * devicePixelRatio));
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  context.clearRect(0, 0, clientWidth, clientHeight);
  return context;
}

/** Offers bytes as a file. */
export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  make('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser may still be reading
}

/** Writes only what changed, so that screen readers and layout are left alone. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** From 0 to 1, as people write it. */
export const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** The colours of an expression's name. Networks may know others than FER2013's. */
export function colorOf(label: string, colors: Readonly<Record<string, string>>): string {
  return colors[label] ?? '#8a8f98';
}
