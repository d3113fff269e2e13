import type * as pulumi from "@pulumi/pulumi";
import { idOf, type FlatResource } from "./flat.js";

/** Pulumi mocks that answer at once and, when asked, keep what they were given. */
export class Recorder implements pulumi.runtime.Mocks {
  readonly resources: FlatResource[] = [];
  components = 0;
  custom = 0;

  constructor(private readonly keep: boolean) {}

  newResource(args: pulumi.runtime.MockResourceArgs): { id: string; state: Record<string, unknown> } {
    const inputs = args.inputs as Record<string, unknown>;
    if (args.custom !== true) {
      this.components += 1;
      return { id: "", state: inputs };
    }
    const position = this.custom;
    this.custom += 1;
    if (this.keep) {
      const provider = positionOfProvider(args.provider);
      this.resources.push({
        type: args.type,
        name: args.name,
        inputs,
        ...(provider === undefined ? {} : { provider }),
      });
    }
    return { id: idOf(position), state: inputs };
  }

  call(args: pulumi.runtime.MockCallArgs): Record<string, unknown> {
    return args.inputs as Record<string, unknown>;
  }
}

/** A provider is referred to as `<urn>::<id>`, and the id is one of ours. */
function positionOfProvider(reference: string | undefined): number | undefined {
  const position = /::flat-resource-(\d+)$/.exec(reference ?? "")?.[1];
  return position === undefined ? undefined : Number(position);
}
