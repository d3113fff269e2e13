/** Where progress lines go: one call a line, without the line feed. */
export type Printer = (line: string) => void;

const toStderr: Printer = (line) => void process.stderr.write(`${line}\n`);

/** Seconds as a person says them: `45 s`, `3 min`, `3 min 20 s`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
}

/** Says what is going on: a line at the start of a step, one every 15 s, one at its end. */
export class Progress {
  /**
   * @param print receives each line. @default standard error
   * @param everySeconds distance between two lines of a running step. Seconds. @default 15
   */
  constructor(
    private readonly print: Printer = toStderr,
    private readonly everySeconds = 15,
  ) {}

  note(text: string): void {
    this.print(`toolchain: ${text}`);
  }

  /**
   * Runs one step and reports on it.
   * @param what the step, as "build pulumi 3.150.0 from Go modules".
   * @param expectedSeconds how long it takes on 2 idle cores. Seconds; 0 is not announced.
   */
  async step<T>(what: string, expectedSeconds: number, work: () => Promise<T>): Promise<T> {
    const started = Date.now();
    const elapsed = (): number => (Date.now() - started) / 1000;
    const expected = expectedSeconds > 0 ? ` (expected about ${formatSeconds(expectedSeconds)})` : "";
    this.note(`${what}${expected}`);
    const timer = setInterval(() => {
      const left = expectedSeconds - elapsed();
      const outlook =
        expectedSeconds <= 0
          ? ""
          : left > 0
            ? `, about ${formatSeconds(left)} left`
            : ", longer than expected";
      this.note(`${what}: ${formatSeconds(elapsed())} elapsed${outlook}`);
    }, this.everySeconds * 1000);
    try {
      const result = await work();
      this.note(`${what}: done in ${formatSeconds(elapsed())}`);
      return result;
    } catch (error) {
      this.note(`${what}: failed after ${formatSeconds(elapsed())}`);
      throw error;
    } finally {
      clearInterval(timer);
    }
  }
}
