/** Exit codes of the `pgkeep` command. */
export const EXIT = { ok: 0, failed: 1, usage: 2, refused: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An end that an operator can act upon: one sentence about what is wrong, one about what helps. */
export class OperationError extends Error {
  override readonly name: string = "OperationError";

  constructor(
    message: string,
    /** What the operator can do. */
    readonly remedy: string | undefined = undefined,
    readonly exitCode: ExitCode = EXIT.failed,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The configuration or the command line is wrong; nothing was done. */
export class UsageError extends OperationError {
  override readonly name = "UsageError";
  constructor(message: string, remedy?: string) {
    super(message, remedy, EXIT.usage);
  }
}

/** Going on could lose data or make a second primary; nothing was done. */
export class RefusedError extends OperationError {
  override readonly name = "RefusedError";
  constructor(message: string, remedy?: string) {
    super(message, remedy, EXIT.refused);
  }
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
