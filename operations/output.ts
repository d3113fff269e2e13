import { EXIT, messageOf, OperationError, type ExitCode } from "./errors.js";

/** What a command tells people while it works, and what it gives in the end. */
export interface Output {
  /** A step begins; it is closed by the next step or the end, with the time that it took. */
  step(text: string): void;
  /** Something worth knowing within a step. */
  info(text: string): void;
  /** Something that needs attention although the job goes on. */
  warn(text: string): void;
  /** How far a long step is, from 0 to 1; printed at most every few seconds. */
  progress(text: string, share: number): void;
  /** The document of `--json`, and the text that people get otherwise. */
  result(document: unknown, text: string): void;
}

/** Seconds between two reports of progress. */
const PROGRESS_PAUSE = 5;

/** Where the lines go; a test may give its own. */
export interface Streams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Seconds on a clock that never jumps. */
  readonly monotonic: () => number;
}

const standardStreams: Streams = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  monotonic: () => performance.now() / 1000,
};

/** Progress goes to standard error with the elapsed time; the result alone goes to standard output. */
export function output(json: boolean, streams: Streams = standardStreams): Output {
  const began = streams.monotonic();
  let reported = Number.NEGATIVE_INFINITY;
  let stepBegan = began;
  let open = false;
  const elapsed = (): string => {
    const seconds = streams.monotonic() - began;
    const minutes = Math.floor(seconds / 60);
    return `${String(minutes).padStart(3)}:${(seconds - minutes * 60).toFixed(1).padStart(4, "0")}`;
  };
  const line = (text: string): void => streams.err(`[${elapsed()}] ${text}\n`);
  const close = (): void => {
    const took = streams.monotonic() - stepBegan;
    // Only what took long enough to be wondered about.
    if (open && took >= 1) line(`  done in ${took.toFixed(1)} s`);
    open = false;
  };
  return {
    step(text) {
      close();
      open = true;
      stepBegan = streams.monotonic();
      reported = stepBegan;
      line(text);
    },
    info: (text) => line(`  ${text}`),
    warn: (text) => line(`  WARNING: ${text}`),
    progress(text, share) {
      const now = streams.monotonic();
      if (now - reported < PROGRESS_PAUSE) return;
      reported = now;
      const left =
        share > 0.01 ? `, about ${Math.ceil(((now - stepBegan) * (1 - share)) / share)} s left` : "";
      line(`  ${text}: ${Math.round(share * 100)} %${left}`);
    },
    result(document, text) {
      close();
      streams.out(json ? `${JSON.stringify(document, undefined, 2)}\n` : text === "" ? "" : `${text}\n`);
    },
  };
}

/** Tells how a command failed and gives its exit code; with `json` the one document on standard output says so, too. */
export function reportError(error: unknown, json: boolean, streams: Streams = standardStreams): ExitCode {
  const known = error instanceof OperationError ? error : undefined;
  const code = known?.exitCode ?? EXIT.failed;
  const remedy = known?.remedy;
  streams.err(`error: ${messageOf(error)}\n${remedy === undefined ? "" : `  what helps: ${remedy}\n`}`);
  // An error that nobody foresaw is a defect of ours; its place helps to find it.
  if (known === undefined && error instanceof Error && process.env["PGKEEP_DEBUG"] === "1")
    streams.err(`${error.stack ?? ""}\n`);
  if (json) streams.out(errorDocument(messageOf(error), remedy, code));
  return code;
}

/** The one document of `--json` of a command that failed. */
export function errorDocument(error: string, remedy: string | undefined, exitCode: ExitCode): string {
  return `${JSON.stringify({ ok: false, error, remedy, exitCode }, undefined, 2)}\n`;
}
