import { Refusal, type Answer, type Fields } from "../common/answers.js";

const NAMES: Readonly<Record<number, string>> = {
  400: "BAD_REQUEST",
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  405: "METHOD_NOT_ALLOWED",
  409: "CONFLICT",
  412: "PRECONDITION_FAILED",
  429: "TOO_MANY_REQUESTS",
  500: "INTERNAL_SERVER_ERROR",
  503: "SERVICE_UNAVAILABLE",
  504: "GATEWAY_TIMEOUT",
};

/** NSX's own codes, as far as they are published; anything else gets `GENERAL`. */
export const CODES = { inUse: 500030, revisionMissing: 500127, notFound: 600, general: 500012 } as const;

/** A refusal in NSX's form. */
export class NsxRefusal extends Refusal {
  constructor(
    status: number,
    message: string,
    readonly code: number = CODES.general,
  ) {
    super(status, message);
  }

  override answer(): Answer {
    return {
      status: this.status,
      body: {
        httpStatus: NAMES[this.status] ?? String(this.status),
        error_code: this.code,
        module_name: "policy",
        error_message: this.message,
      },
    };
  }
}

export function badRequest(message: string): NsxRefusal {
  return new NsxRefusal(400, message);
}

export function notFound(path: string): NsxRefusal {
  return new NsxRefusal(404, `The path=[${path}] is invalid`, CODES.notFound);
}

export function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw badRequest(`${what} is not an object`);
  return value as Fields;
}

export function listOf(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw badRequest(`${what} is not a list`);
  return value as unknown[];
}
