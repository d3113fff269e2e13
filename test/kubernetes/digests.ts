/** A digest of the right form; no image has it. */
export const digest = (character: string): string => `sha256:${character.repeat(64)}`;
