import { ApiError } from "../../components/rest/errors.js";
import { OperationError } from "../errors.js";
import { SrmUnreachableError } from "../ports/index.js";

/** What an operator can do about a failure of SRM. */
export function explained(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  const { reason, message } = error;
  if (reason === "unreachable" || reason === "busy") return new SrmUnreachableError(message);
  const remedy =
    reason === "credentials"
      ? "an account with the privileges of docs/srm.md: testing and failing over need different ones"
      : undefined;
  return new OperationError(message, remedy);
}
