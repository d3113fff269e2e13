/** The program of the same resources declared flat, from a recorded list. */
import { readFileSync } from "node:fs";
import { declareFlat, type FlatResource } from "../flat.js";
import { redirectProviders } from "../redirect.js";

redirectProviders();
declareFlat(JSON.parse(readFileSync(process.env["PGKEEP_BENCHMARK_LIST"] ?? "", "utf8")) as FlatResource[]);
