/** @file The names that layers get by default. */

/** Keras' form of a class' name: GlobalAveragePooling2D becomes global_average_pooling2d. */
function snakeCase(className: string): string {
  return className
    .replace(/(.)([A-Z][a-z0-9]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** The first of conv2d, conv2d_1, conv2d_2, ... that is free. */
export function defaultName(className: string, taken: ReadonlySet<string>): string {
  const base = snakeCase(className);
  let name = base;
  for (let i = 1; taken.has(name); i++) name = `${base}_${i}`;
  return name;
}
