/**
 * A kernel command line as the provider takes it and reads it back: sorted, repeated keys in a further mapping, words
 * without a value last and together under `_`. Any other form would look like a change and replace the VM.
 */
export function kernelArguments(commandLine: string): Record<string, string>[] {
  const words = commandLine
    .split(/\s+/)
    .filter((word) => word !== "")
    .toSorted();
  const mappings: Record<string, string>[] = [];
  for (const word of words.filter((candidate) => candidate.includes("="))) {
    const key = word.slice(0, word.indexOf("="));
    const last = mappings.at(-1);
    if (last === undefined || Object.hasOwn(last, key)) mappings.push({ [key]: word.slice(key.length + 1) });
    else last[key] = word.slice(key.length + 1);
  }
  const plain = words.filter((word) => !word.includes("="));
  return plain.length === 0 ? mappings : [...mappings, { _: plain.join(" ") }];
}
