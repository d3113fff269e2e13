import { crashPoint } from "./crash.js";
import type { Output } from "./output.js";
import type { Clock } from "./ports/index.js";

/** How long a step took. */
export interface StepTime {
  readonly step: string;
  /** Seconds. */
  readonly seconds: number;
}

/** Runs the named steps of a job: tells people, measures, and offers a crash point after each. */
export interface StepRunner<Step extends string> {
  run<T>(step: Step, text: string, action: () => Promise<T>): Promise<T>;
  readonly times: readonly StepTime[];
}

export function stepRunner<Step extends string>(out: Output, clock: Clock): StepRunner<Step> {
  const times: StepTime[] = [];
  return {
    times,
    async run(step, text, action) {
      out.step(text);
      const began = clock.monotonic();
      const value = await action();
      times.push({ step, seconds: Math.round((clock.monotonic() - began) * 1000) / 1000 });
      crashPoint(step);
      return value;
    },
  };
}
