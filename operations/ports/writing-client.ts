/** The server acknowledged a row. */
export interface Ack {
  readonly kind: "ack";
  readonly sequence: number;
  /** Milliseconds since 1970, on a clock that does not jump: before the statement was sent. */
  readonly sent: number;
  /** After the server's answer was in. */
  readonly acked: number;
  /** The client address of the member that answered, its own, whatever address it was reached over. */
  readonly server: string;
}

/** A row was not acknowledged; it may exist nevertheless. */
export interface WriteFailure {
  readonly kind: "fail";
  readonly sequence: number;
  readonly sent: number;
  readonly at: number;
  /** SQLSTATE or system error code first. */
  readonly reason: string;
}

/** What happened to one row that a client wrote. */
export type ClientEvent = Ack | WriteFailure;

/** Writes canary rows until it is stopped, through every failure, and knows which of them were acknowledged. */
export interface WritingClient {
  readonly client: string;
  /** Its log of acknowledgements, outside the database. */
  readonly log: string;
  /** What happened so far, in order. */
  events(): readonly ClientEvent[];
  /** Ends it; resolves when the last attempt is over. */
  stop(): Promise<void>;
}
