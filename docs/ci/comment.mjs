// Puts comments that `pgkeep preview --out` has written onto the change that a pipeline runs for: one comment a stack, known by
// the hidden marker in its first line and updated from run to run. Needs Node.js 20 and nothing else.
//
//     node node_modules/pgkeep/docs/ci/comment.mjs preview-*.md
//
// GitHub Actions: GITHUB_TOKEN with pull-requests: write, and NUMBER, the number of the pull request.
// GitLab CI: PGKEEP_COMMENT_TOKEN, a project access token with the scope "api" and the role Reporter.
import { readFileSync } from "node:fs";

/* global fetch, process */

/** Comments a page; both forges give at most this many. */
const PAGE = 100;

function setting(name) {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set`);
  return value;
}

/** Where comments are listed and made, where one is changed, and how a request is signed. */
function forge() {
  if (process.env.GITLAB_CI === "true") {
    const merge = `${setting("CI_API_V4_URL")}/projects/${setting("CI_MERGE_REQUEST_PROJECT_ID")}/merge_requests/${setting("CI_MERGE_REQUEST_IID")}/notes`;
    return {
      list: merge,
      one: (id) => `${merge}/${id}`,
      method: "PUT",
      headers: { "private-token": setting("PGKEEP_COMMENT_TOKEN") },
    };
  }
  const issues = `${setting("GITHUB_API_URL")}/repos/${setting("GITHUB_REPOSITORY")}/issues`;
  return {
    list: `${issues}/${setting("NUMBER")}/comments`,
    one: (id) => `${issues}/comments/${id}`,
    method: "PATCH",
    headers: { authorization: `Bearer ${setting("GITHUB_TOKEN")}`, accept: "application/vnd.github+json" },
  };
}

async function call(url, { method, headers, body }) {
  const response = await fetch(url, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify({ body }) }),
  });
  // Never what was sent: the headers hold the token.
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${response.statusText}`);
  return response.json();
}

/** The comment that starts with the marker; one that quotes it further down is somebody's answer. */
async function earlier({ list, headers }, marker) {
  for (let page = 1; ; page += 1) {
    const comments = await call(`${list}?per_page=${PAGE}&page=${page}`, { method: "GET", headers });
    const found = comments.find(({ body }) => body.startsWith(marker));
    if (found !== undefined || comments.length < PAGE) return found;
  }
}

const files = process.argv.slice(2);
if (files.length === 0) throw new Error("name the files that pgkeep preview --out has written");
const { list, one, method, headers } = forge();
for (const file of files) {
  const body = readFileSync(file, "utf8");
  const marker = body.split("\n", 1)[0];
  if (!/^<!-- pgkeep-preview \S+ -->$/.test(marker))
    throw new Error(`${file} has no marker in its first line`);
  const before = await earlier({ list, headers }, marker);
  if (before === undefined) await call(list, { method: "POST", headers, body });
  else if (before.body.trimEnd() !== body.trimEnd()) await call(one(before.id), { method, headers, body });
}
