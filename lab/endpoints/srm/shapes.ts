import type { Fields } from "../common/answers.js";
import { badRequest } from "./answers.js";

/** Checks one value of a body; throws a refusal. */
export type Check = (value: unknown, at: string) => void;

export interface Shape {
  readonly [field: string]: Check | undefined;
}

export function text(longest = Number.MAX_SAFE_INTEGER): Check {
  return (value, at) => {
    if (typeof value !== "string") throw badRequest(`${at} is not a text`);
    if (value.length > longest) throw badRequest(`${at} is longer than ${longest}`);
  };
}

export const flag: Check = (value, at) => {
  if (typeof value !== "boolean") throw badRequest(`${at} is neither true nor false`);
};

export function whole(least: number, most: number): Check {
  return (value, at) => {
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > most)
      throw badRequest(`${at} is not a whole number from ${least} to ${most}`);
  };
}

export function oneOf(...values: readonly string[]): Check {
  return (value, at) => {
    if (typeof value !== "string" || !values.includes(value))
      throw badRequest(`${at} is not one of ${values.join(", ")}`);
  };
}

export function listOf(check: Check): Check {
  return (value, at) => {
    if (!Array.isArray(value)) throw badRequest(`${at} is not a list`);
    (value as unknown[]).forEach((one, i) => {
      check(one, `${at}[${i}]`);
    });
  };
}

/** Or null, which the API takes as absent. */
export function orNull(check: Check): Check {
  return (value, at) => {
    if (value !== null) check(value, at);
  };
}

export const anything: Check = () => undefined;

/** An object of exactly these fields; those named must be there. */
export function object(shape: Shape, needed: readonly string[] = []): Check {
  return (value, at) => {
    readObject(value, at, shape, needed);
  };
}

/** @throws SrmRefusal for a field that is unknown, missing or wrong */
export function readObject(value: unknown, at: string, shape: Shape, needed: readonly string[] = []): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw badRequest(`${at} is not an object`);
  const fields = value as Fields;
  for (const [name, one] of Object.entries(fields)) {
    const check = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (check === undefined) throw badRequest(`Unrecognized field "${name}" in ${at}`);
    check(one, `${at}.${name}`);
  }
  for (const name of needed) if (fields[name] === undefined) throw badRequest(`${at}.${name} is required`);
  return fields;
}
