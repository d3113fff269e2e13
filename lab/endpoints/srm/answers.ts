import { randomUUID } from "node:crypto";
import { Refusal, type Answer, type Fields } from "../common/answers.js";

/** A refusal in the form of the REST gateway: `error_code`, `message`, `op_id`. */
export class SrmRefusal extends Refusal {
  constructor(
    status: number,
    message: string,
    readonly code = `ERROR_${status}`,
  ) {
    super(status, message);
  }

  override answer(): Answer {
    return {
      status: this.status,
      body: { error_code: this.code, message: this.message, op_id: randomUUID() },
    };
  }
}

export function badRequest(message: string): SrmRefusal {
  return new SrmRefusal(400, message, "BAD_REQUEST");
}

export function notFound(what: string): SrmRefusal {
  return new SrmRefusal(404, `${what} was not found`, "NOT_FOUND");
}

/** A list as the gateway answers it, a page at a time. */
export function page(all: readonly Fields[], query: URLSearchParams, size: number): Answer {
  const whole = (name: string, otherwise: number): number => {
    const value = Number(query.get(name) ?? otherwise);
    if (!Number.isInteger(value) || value < 0) throw badRequest(`${name} is not a number`);
    return value;
  };
  const [offset, limit] = [whole("offset", 0), Math.min(whole("limit", size), size)];
  return {
    status: 200,
    body: { list: all.slice(offset, offset + limit), _meta: { total: all.length, offset, limit } },
  };
}
