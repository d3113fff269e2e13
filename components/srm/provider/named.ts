import { ApiError } from "../../rest/errors.js";
import type { JsonObject } from "../../rest/json.js";
import { ownerIn } from "../owner.js";
import { pathOf } from "../client/site-client.js";
import type { Declaration, Work } from "./kind.js";

/**
 * The object that the state knows by id, or the one of the declared name that carries our mark: one whose making was cut off.
 *
 * @param folder path of the list
 */
export async function findNamed<D extends Declaration & { readonly name: string }, F>(
  { srm, known, declared, owners }: Work<D, F>,
  folder: string,
): Promise<JsonObject | undefined> {
  if (known?.id !== undefined && known.id !== "") {
    const found = await srm().read(`${folder}${pathOf(known.id)}`);
    if (found !== undefined) return found;
  }
  const all = await srm().all(folder);
  return all.find(
    ({ name, description }) => name === declared.name && owners.includes(ownerIn(description) ?? ""),
  );
}

/** @throws ApiError when somebody else has an object of the declared name */
export async function refuseForeign<D extends Declaration & { readonly name: string }, F>(
  { srm, declared, owners }: Work<D, F>,
  folder: string,
  what: string,
): Promise<void> {
  const all = await srm().all(folder);
  const foreign = all.find(
    ({ name, description }) => name === declared.name && !owners.includes(ownerIn(description) ?? ""),
  );
  if (foreign !== undefined)
    throw new ApiError(
      "refused",
      `${what} ${declared.name} exists and is not this stack's; give another name, or remove what is there`,
    );
}
