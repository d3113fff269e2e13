/** What an enforcement point does with a packet or a login, and which rule of its text says so. */
export interface Judgement {
  readonly verdict: "accept" | "drop";
  /** The rule in the words of the text, or what stands in for one. */
  readonly by: string;
}

/** A text uses something whose meaning is not known here. Guessing would prove nothing. */
export class CannotJudge extends Error {
  override readonly name = "CannotJudge";
}
