const MARK = / ?\[pgkeep (\S+)\]$/;

/** A description with the mark of the stack that the object belongs to: SRM has no other place for it. */
export function marked(description: string, owner: string): string {
  return `${description}${description === "" ? "" : " "}[pgkeep ${owner}]`;
}

/** Whose an object is by its description; undefined when it is nobody's. */
export function ownerIn(description: unknown): string | undefined {
  return MARK.exec(typeof description === "string" ? description : "")?.[1];
}
