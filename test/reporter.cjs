"use strict";

const { appendFileSync } = require("node:fs");
const { reporters } = require("mocha");

/**
 * The spec reporter, which also appends its counts to the file named by PGKEEP_TEST_COUNTS: one line a run, so that a
 * script can add up several runs.
 */
module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.PGKEEP_TEST_COUNTS;
    if (!file) return;
    runner.once("end", () => {
      const { passes = 0, failures = 0, pending = 0 } = this.stats;
      appendFileSync(file, `${passes} ${failures} ${pending}\n`);
    });
  }
};
