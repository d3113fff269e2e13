import { lookup } from "../binding.js";

export interface GetRoleArgs {
  /** Name as displayed, for example `Read-only`, not the internal one. */
  label: string;
}
export interface GetRoleResult {
  readonly id: string;
  readonly label: string;
  readonly name?: string;
  readonly description?: string;
  readonly rolePrivileges?: string[];
}
const role = lookup<GetRoleArgs, GetRoleResult>("getRole");

/** A role by its label. */
export const getRole = role.plain;
/** A role by a label that may not be known yet. */
export const getRoleOutput = role.output;

export interface GetTagCategoryArgs {
  /** Name of the category. */
  name: string;
}
export interface GetTagCategoryResult {
  readonly id?: string;
  readonly name?: string;
  readonly description: string;
  readonly cardinality: string;
  readonly associableTypes: string[];
}
const tagCategory = lookup<GetTagCategoryArgs, GetTagCategoryResult>("getTagCategory");

/** A tag category by name. */
export const getTagCategory = tagCategory.plain;
/** A tag category by a name that may not be known yet. */
export const getTagCategoryOutput = tagCategory.output;

export interface GetTagArgs {
  /** Name of the tag. */
  name: string;
  /** Id of its category. */
  categoryId: string;
}
export interface GetTagResult {
  readonly id?: string;
  readonly name?: string;
  readonly categoryId?: string;
  readonly description: string;
}
const tag = lookup<GetTagArgs, GetTagResult>("getTag");

/** A tag by name and category. */
export const getTag = tag.plain;
/** A tag by a name and category that may not be known yet. */
export const getTagOutput = tag.output;
