/** A condition that the user can remedy: one clear sentence, no stack trace. */
export class ToolchainError extends Error {
  override readonly name = "ToolchainError";

  /**
   * @param problem what is wrong, with the path or value.
   * @param remedy what to do about it.
   */
  constructor(
    readonly problem: string,
    readonly remedy: string,
  ) {
    super(`${problem}: ${remedy}`);
  }
}
