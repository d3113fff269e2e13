/** A published set of controls, and those of them that rules of the pack answer. */
export interface Framework {
  /** Full name with the edition that the ids are of. */
  readonly title: string;
  /** Who publishes it and where. */
  readonly source: string;
  /** What an id looks like. */
  readonly form: RegExp;
  /** Id to what the control asks for, in our own words. */
  readonly asks: Readonly<Record<string, string>>;
}
