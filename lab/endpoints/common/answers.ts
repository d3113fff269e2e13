/** An object of JSON as it came in or goes out. */
export type Fields = Record<string, unknown>;

/** What a call is answered with. */
export interface Answer {
  readonly status: number;
  readonly body?: Fields | undefined;
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined;
}

/** Why a call is not done; each API has its own form for it. */
export abstract class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }

  abstract answer(): Answer;
}

/** A body that is JSON; undefined when it is not. */
export function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
