import type { Struct as WireStruct } from "google-protobuf/google/protobuf/struct_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Properties } from "./values.js";

/** The engine's message as property values. */
export function fromWire(struct: WireStruct | undefined): Properties {
  return (struct?.toJavaScript() ?? {}) as Properties;
}

/** Property values as the engine's message; properties without a value are left out. */
export function toWire(properties: Properties): WireStruct {
  const present = Object.entries(properties).filter(([, value]) => value !== undefined && value !== null);
  return Struct.fromJavaScript(Object.fromEntries(present));
}

/** Resource type token in a URN: `urn:pulumi:stack::project::parent$type::name`. */
export function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}
