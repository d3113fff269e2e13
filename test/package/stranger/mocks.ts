/** The stranger's own unit test: what the program would register, without an engine. */
import * as pulumi from "@pulumi/pulumi";

const registered: string[] = [];

async function main(): Promise<void> {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        registered.push(type);
        return { id: `${name}-id`, state: inputs as Record<string, unknown> };
      },
      call: ({ inputs }) => inputs as Record<string, unknown>,
    },
    "stranger",
    "test",
    true,
  );
  const { endpoint } = await import("./index.js");
  const address = await new Promise((resolve) => endpoint.apply(resolve));
  const { poolName } = await import("./parts.js");
  const pool = await new Promise((resolve) => poolName.apply(resolve));
  await pulumi.runtime.disconnect();
  process.stdout.write(`${JSON.stringify({ address, pool, registered })}\n`);
}

void main();
