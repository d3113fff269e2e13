import { spawn } from "node:child_process";
import { OperationError } from "../errors.js";

/** Stores the secrets in a stack's encrypted configuration, through standard input. */
export async function setStackSecrets(stack: string, text: string): Promise<void> {
  const argv = ["config", "set", "--secret", "pgkeep:secrets", "--stack", stack, "--non-interactive"];
  await new Promise<void>((resolve, reject) => {
    const child = spawn("pulumi", argv, { stdio: ["pipe", "ignore", "pipe"] });
    const said: Buffer[] = [];
    child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
    child.on("error", () => {
      reject(new OperationError("pulumi cannot be started", "install the Pulumi command, or use --out FILE"));
    });
    child.on("close", (code) => {
      if (code === 0) resolve();
      else
        reject(
          new OperationError(
            `pulumi config set ended with ${code}: ${Buffer.concat(said).toString().trim()}`,
          ),
        );
    });
    // The pipe may close early when pulumi refuses; its exit code tells then.
    child.stdin.on("error", () => undefined);
    child.stdin.end(text);
  });
}
