import type { ArchivedFile } from "../ports/index.js";
import { segmentName } from "../wal-segment.js";

/**
 * Program in the guest: reads `repo-ls --recurse` of an archive and prints a line for each run of consecutive segments
 * (timeline, first and last number, hexadecimal) and for each history file. What a guest agent gives back must stay small,
 * and an archive of a month holds tens of thousands of segments.
 */
export const LISTING_SCRIPT = String.raw`
import re, sys
pattern = re.compile(r"(?:^|/)(?:([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})-[0-9a-f]{40}(?:\.\w+)?|([0-9A-F]{8}\.history))$")
present = {}
for line in sys.stdin:
    match = pattern.search(line.rstrip("\n"))
    if match is None:
        continue
    timeline, log, segment, history = match.groups()
    if history is not None:
        print(history)
    else:
        present.setdefault(timeline, set()).add(int(log, 16) * 256 + int(segment, 16))
for timeline, numbers in sorted(present.items()):
    for number in sorted(numbers):
        if number - 1 not in numbers:
            first = number
        if number + 1 not in numbers:
            print("%s %x %x" % (timeline, first, number))
`;

/** Reads what {@link LISTING_SCRIPT} printed. @throws Error when it is something else */
export function parseListing(text: string): readonly ArchivedFile[] {
  const files: ArchivedFile[] = [];
  for (const line of text.split("\n").filter((part) => part !== "")) {
    const [, timeline = "", first = "", last = ""] =
      /^([0-9A-F]{8}) ([0-9a-f]+) ([0-9a-f]+)$/.exec(line) ?? [];
    if (timeline === "") {
      if (!/^[0-9A-F]{8}\.history$/.test(line))
        throw new Error(`not a line of an archive's listing: ${line.slice(0, 200)}`);
      files.push({ name: line });
      continue;
    }
    for (let number = Number.parseInt(first, 16); number <= Number.parseInt(last, 16); number += 1)
      files.push({ name: segmentName({ timeline: Number.parseInt(timeline, 16), number }) });
  }
  return files.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
