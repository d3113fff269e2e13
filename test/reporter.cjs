"use strict";

const { appendFileSync } = require("node:fs");
const { join } = require("node:path");
const { reporters } = require("mocha");

/** Lines of a failure's message and stack that are kept: where it happened, and not the runner's own frames. */
const REASON_LINES = 12;

/**
 * The spec reporter, which also appends to two files in the folder named by PGKEEP_TEST_RESULTS, so that a script can add
 * up several runs: `counts`, one line a run, and `failures`, what failed and why.
 */
module.exports = class RecordingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const folder = process.env.PGKEEP_TEST_RESULTS;
    if (!folder) return;
    // At once, not at the end: a run that is ended early has none.
    runner.on("fail", (test, error) => {
      const reason = String(error?.stack ?? error)
        .split("\n")
        .slice(0, REASON_LINES)
        .join("\n");
      appendFileSync(join(folder, "failures"), `${test.fullTitle()}\n${reason}\n\n`);
    });
    runner.once("end", () => {
      const { passes = 0, failures = 0, pending = 0 } = this.stats;
      appendFileSync(join(folder, "counts"), `${passes} ${failures} ${pending}\n`);
    });
  }
};
