/** An answer with one address and no time to live; without an address, no such name. */
export function answer(query: Buffer, address: string | undefined): Buffer {
  const question = query.subarray(12, query.indexOf(0, 12) + 5);
  const isA = question.readUInt16BE(question.length - 4) === 1;
  const found = isA && address !== undefined;
  const head = Buffer.from([
    query[0] ?? 0,
    query[1] ?? 0,
    0x84,
    address === undefined ? 3 : 0,
    0,
    1,
    0,
    found ? 1 : 0,
    0,
    0,
    0,
    0,
  ]);
  const record = Buffer.from([
    0xc0,
    12,
    0,
    1,
    0,
    1,
    0,
    0,
    0,
    0,
    0,
    4,
    ...(address ?? "").split(".").map(Number),
  ]);
  return Buffer.concat(found ? [head, question, record] : [head, question]);
}
