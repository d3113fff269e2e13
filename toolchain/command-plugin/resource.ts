import type { CallContext } from "./execution.js";
import type { Shape } from "./schema.js";
import type { Properties } from "./values.js";

/** A resource type of the plugin. Inputs and state keep their secret marks. */
export interface ResourceType {
  readonly shape: Shape;
  /** Further conditions on inputs that have the right shape. */
  readonly check?: (inputs: Properties) => readonly { property: string; reason: string }[];
  /** Properties of the state that only a run makes known. */
  outputs(inputs: Properties): readonly string[];
  /** @returns the state */
  create(inputs: Properties, context: CallContext): Promise<Properties>;
  /** @returns the new state */
  update(state: Properties, inputs: Properties, context: CallContext): Promise<Properties>;
  delete(state: Properties, context: CallContext): Promise<void>;
}

/** A function of the plugin: runs on every preview and deployment. */
export interface FunctionType {
  readonly shape: Shape;
  call(inputs: Properties, context: CallContext): Promise<Properties>;
}
