/** @file Parsed JSON of unknown shape, checked on its way to types. */
import { FormatError, type Shape } from '@fer/core';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Where in a file something is, for messages. */
export interface Where {
  readonly operator: string;
  readonly place: string;
}

export function fail({ operator, place }: Where, problem: string): never {
  throw new FormatError(operator, `${place}: ${problem}`);
}

const LONGEST_PRINT = 80;

/** A value as messages show it. */
export function print(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > LONGEST_PRINT ? `${text.slice(0, LONGEST_PRINT)}...` : text;
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function asObject(where: Where, name: string, value: unknown): JsonObject {
  return isObject(value) ? value : fail(where, `${name} must be an object but is ${print(value)}`);
}

export function asArray(where: Where, name: string, value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : fail(where, `${name} must be an array but is ${print(value)}`);
}

export function asString(where: Where, name: string, value: unknown): string {
  return typeof value === 'string' ? value : fail(where, `${name} must be a string but is ${print(value)}`);
}

export function asNumber(where: Where, name: string, value: unknown): number {
  return typeof value === 'number' ? value : fail(where, `${name} must be a number but is ${print(value)}`);
}

export function asBoolean(where: Where, name: string, value: unknown): boolean {
  return typeof value === 'boolean' ? value : fail(where, `${name} must be true or false but is ${print(value)}`);
}

/** Sizes that a tensor can have. */
export function asShape(where: Where, name: string, value: unknown): Shape {
  const isSize = (size: unknown) => Number.isSafeInteger(size) && (size as number) >= 0;
  const isShape = Array.isArray(value) && value.every(isSize);
  return isShape ? (value as Shape) : fail(where, `${name} must be a shape but is ${print(value)}`);
}
