import { ApiError } from "./errors.js";

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/**
 * User and password from the environment of the process: they are never inputs of a resource, which Pulumi would keep.
 *
 * @param product whose they are, as people call it
 * @throws ApiError that names the variable that is missing
 */
export function credentialsFrom(
  environment: NodeJS.ProcessEnv,
  prefix: string,
  product: string,
): Credentials {
  const read = (name: string): string => {
    const value = environment[`${prefix}_${name}`];
    if (value === undefined || value === "")
      throw new ApiError(
        "credentials",
        `the environment variable ${prefix}_${name} is not set; ` +
          `give user and password of ${product} in ${prefix}_USER and ${prefix}_PASSWORD`,
      );
    return value;
  };
  return { user: read("USER"), password: read("PASSWORD") };
}
