import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./workflows.js";

interface Comment {
  readonly id: number;
  body: string;
}

const MARKER = "<!-- pgkeep-preview p/prod -->";
const TOKEN = "PLANTED-token";

/** The comments of pull request 7, by the parts of both forges' interfaces that are used. */
class Api {
  readonly comments: Comment[] = [];
  readonly calls: string[] = [];
  private readonly server: Server;

  constructor(private readonly authorized: (request: IncomingMessage) => boolean) {
    this.server = createServer((request, response) => {
      let text = "";
      request.on("data", (part: Buffer) => (text += part.toString()));
      request.on("end", () => {
        const url = new URL(request.url ?? "", "http://api");
        this.calls.push(`${request.method ?? ""} ${url.pathname}`);
        const answer = this.authorized(request) ? this.answer(request.method ?? "", url, text) : undefined;
        response.writeHead(answer === undefined ? 403 : 200, { "content-type": "application/json" });
        response.end(JSON.stringify(answer ?? {}));
      });
    });
  }

  private answer(method: string, url: URL, text: string): unknown {
    if (method === "GET") {
      const size = Number(url.searchParams.get("per_page"));
      const page = Number(url.searchParams.get("page"));
      return this.comments.slice((page - 1) * size, page * size);
    }
    const { body } = JSON.parse(text) as { body: string };
    if (method === "POST") {
      this.comments.push({ id: 1000 + this.comments.length, body });
      return this.comments.at(-1);
    }
    const known = this.comments.find(({ id }) => url.pathname.endsWith(`/${id}`));
    if (known !== undefined) known.body = body;
    return known;
  }

  listen(): Promise<string> {
    return new Promise((resolve) => {
      this.server.listen(0, "127.0.0.1", () =>
        resolve(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}`),
      );
    });
  }

  close(): void {
    this.server.close();
  }
}

const FORGES = [
  {
    name: "GitHub",
    authorized: ({ headers }: IncomingMessage) => headers.authorization === `Bearer ${TOKEN}`,
    env: (url: string) => ({
      GITHUB_API_URL: url,
      GITHUB_REPOSITORY: "team/db",
      GITHUB_TOKEN: TOKEN,
      NUMBER: "7",
    }),
    made: "POST /repos/team/db/issues/7/comments",
    changed: "PATCH /repos/team/db/issues/comments/",
  },
  {
    name: "GitLab",
    authorized: ({ headers }: IncomingMessage) => headers["private-token"] === TOKEN,
    env: (url: string) => ({
      GITLAB_CI: "true",
      CI_API_V4_URL: url,
      CI_MERGE_REQUEST_PROJECT_ID: "3",
      CI_MERGE_REQUEST_IID: "7",
      PGKEEP_COMMENT_TOKEN: TOKEN,
    }),
    made: "POST /projects/3/merge_requests/7/notes",
    changed: "PUT /projects/3/merge_requests/7/notes/",
  },
];

for (const { name, authorized, env, made, changed } of FORGES)
  describe(`comments on ${name}`, function () {
    this.timeout(300_000);
    const folder = mkdtempSync(join(tmpdir(), "pgkeep-comment-"));
    const file = join(folder, "preview-prod.md");
    let api: Api;
    let url: string;
    beforeEach(async () => {
      api = new Api(authorized);
      url = await api.listen();
      writeFileSync(file, `${MARKER}\nfirst\n`);
    });
    afterEach(() => api.close());
    after(() => rmSync(folder, { recursive: true, force: true }));

    const post = (
      extra: Readonly<Record<string, string>> = {},
    ): Promise<{ code: number | null; error: string }> =>
      new Promise((resolve) => {
        const child = spawn(process.execPath, [join(ROOT, "docs", "ci", "comment.mjs"), file], {
          env: { PATH: process.env["PATH"], ...env(url), ...extra },
        });
        let error = "";
        child.stderr.on("data", (part: Buffer) => (error += part.toString()));
        child.on("close", (code) => resolve({ code, error }));
      });

    it("are made once, updated afterwards, and left alone when nothing changed", async () => {
      assert.deepEqual((await post()).code, 0);
      assert.deepEqual(api.comments, [{ id: 1000, body: `${MARKER}\nfirst\n` }]);
      writeFileSync(file, `${MARKER}\nsecond\n`);
      assert.deepEqual((await post()).code, 0);
      assert.deepEqual((await post()).code, 0);
      assert.deepEqual(api.comments, [{ id: 1000, body: `${MARKER}\nsecond\n` }]);
      assert.deepEqual(
        api.calls.filter((call) => !call.startsWith("GET")),
        [made, `${changed}1000`],
      );
    });

    it("are found on a later page; an answer that quotes the marker is not taken for one", async () => {
      for (let id = 1; id <= 150; id += 1) api.comments.push({ id, body: `> ${MARKER}\nI agree` });
      api.comments[120] = { id: 121, body: `${MARKER}\nold` };
      assert.equal((await post()).code, 0);
      assert.equal(api.comments[120]?.body, `${MARKER}\nfirst\n`);
      assert.equal(api.comments.length, 150);
    });

    it("fail without a marker or a right, and never show the token", async () => {
      const refused = await post({ GITHUB_TOKEN: "PLANTED-wrong", PGKEEP_COMMENT_TOKEN: "PLANTED-wrong" });
      assert.equal(refused.code, 1);
      assert.match(refused.error, /403/);
      assert.doesNotMatch(refused.error, /PLANTED/);
      writeFileSync(file, "no marker\n");
      const { code, error } = await post();
      assert.equal(code, 1);
      assert.match(error, /has no marker in its first line/);
      assert.deepEqual(api.comments, []);
    });
  });
