import { GROUP_ROUTES } from "./group-routes.js";
import { MAPPING_ROUTES } from "./mapping-routes.js";
import { PLAN_ROUTES } from "./plan-routes.js";
import type { Route } from "./service.js";

/** Operations of Site Recovery Manager below a pairing. */
export const SRM_ROUTES: readonly Route[] = [...GROUP_ROUTES, ...PLAN_ROUTES, ...MAPPING_ROUTES];
