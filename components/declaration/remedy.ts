/** Messages of the schema carry the remedy; this prefix tells them from zod's own words. */
const PREFIX = "give: ";

/** A schema's message that says what would be right. */
export function give(remedy: string): string {
  return PREFIX + remedy;
}

/** The remedy in a schema's message, if there is one. */
export function givenRemedy(message: string): string | undefined {
  return message.startsWith(PREFIX) ? message.slice(PREFIX.length) : undefined;
}
