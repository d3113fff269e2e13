/** The program of many clusters through the components. */
import { declareClusters } from "../clusters.js";
import { redirectProviders } from "../redirect.js";

redirectProviders();
declareClusters(Number(process.env["PGKEEP_BENCHMARK_CLUSTERS"]));
