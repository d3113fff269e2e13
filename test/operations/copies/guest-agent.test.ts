import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { systemClock } from "../../../operations/adapters/clock.js";
import { virshGuestAgent } from "../../../operations/adapters/guest-agent.js";
import { applyBundle } from "../../../operations/jobs/guest-apply.js";
import { output } from "../../../operations/output.js";
import {
  GuestAgentError,
  GuestCommandError,
  GuestOutputError,
  type RunResult,
  type Shell,
} from "../../../operations/ports/index.js";

const SECRET = "geheim-ß-'quote'-\u0001-end";

interface Message {
  readonly execute: string;
  readonly arguments: Record<string, unknown>;
}

/** Answers as virsh with a guest agent behind it would; keeps everything that it was given. */
class FakeVirsh implements Shell {
  readonly host = "here";
  readonly local = true;
  readonly seenArguments: string[] = [];
  readonly messages: Message[] = [];
  readonly files = new Map<number, Buffer>();
  /** What the program of each guest-exec gives. */
  program: (argv: readonly string[], input: Buffer | undefined) => RunResult = () => ({
    code: 0,
    stdout: "",
    stderr: "",
  });
  private last: RunResult = { code: 0, stdout: "", stderr: "" };
  silent = false;
  /** Why virsh gives no answer to guest-exec-status. */
  refusal: string | undefined;
  truncated = false;

  run(argv: readonly string[], { input = "" }: { input?: string | Buffer } = {}): Promise<RunResult> {
    this.seenArguments.push(argv.join(" "));
    const line = input.toString().split("\n")[0] ?? "";
    // virsh's line editor gives an echo of what it reads before the answer.
    const echo = `virsh # ${line.slice(0, 70)}\r\n`;
    if (this.silent)
      return Promise.resolve({ code: 1, stdout: echo, stderr: "error: Guest agent is not responding\n" });
    assert.match(line, /^[\x20-\x7e]*$/, "only plain signs may be typed into virsh");
    const json = /'(.*)'$/.exec(line)?.[1] ?? "";
    const message = JSON.parse(json) as Message;
    this.messages.push(message);
    if (message.execute === "guest-exec-status" && this.refusal !== undefined)
      return Promise.resolve({ code: 1, stdout: echo, stderr: `error: ${this.refusal}\n` });
    const answer = { return: this.answer(message) };
    return Promise.resolve({
      code: 0,
      stdout: `${echo}${JSON.stringify(answer)}\n\nvirsh # quit\n`,
      stderr: "",
    });
  }

  hold(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  sshTo(): readonly string[] {
    return [];
  }

  private answer({ execute, arguments: given }: Message): unknown {
    const base64 = (text: unknown): Buffer => Buffer.from(typeof text === "string" ? text : "", "base64");
    switch (execute) {
      case "guest-exec": {
        const argv = [given["path"] as string, ...(given["arg"] as string[])];
        const direct = given["input-data"] === undefined ? undefined : base64(given["input-data"]);
        this.last = this.program(argv, argv.includes("cat-it") ? (direct ?? this.files.get(7)) : direct);
        return { pid: 1 };
      }
      case "guest-exec-status":
        return {
          exited: true,
          exitcode: this.last.code,
          "out-data": Buffer.from(this.last.stdout).toString("base64"),
          ...(this.truncated ? { "out-truncated": true } : {}),
          "err-data": Buffer.from(this.last.stderr).toString("base64"),
        };
      case "guest-file-open":
        this.files.set(7, Buffer.alloc(0));
        return 7;
      case "guest-file-write": {
        const piece = base64(given["buf-b64"]);
        this.files.set(7, Buffer.concat([this.files.get(7) ?? Buffer.alloc(0), piece]));
        return { count: piece.length, eof: false };
      }
      case "guest-fsfreeze-status":
        return "thawed";
      default:
        return {};
    }
  }
}

function agentOf(): { virsh: FakeVirsh; agent: ReturnType<typeof virshGuestAgent> } {
  const virsh = new FakeVirsh();
  return { virsh, agent: virshGuestAgent(virsh, "pg-a1", systemClock()) };
}

describe("guest agent through virsh", () => {
  it("nothing that is sent shows in a process list or in a history of commands", async () => {
    const { virsh, agent } = agentOf();
    virsh.program = (_argv, input) => ({ code: 0, stdout: input?.toString() ?? "", stderr: "" });
    const { stdout } = await agent.run(["program", SECRET], { input: SECRET });
    assert.equal(stdout, SECRET);
    assert.ok(
      virsh.seenArguments.every((line) => !line.includes("geheim") && line.includes("VIRSH_HISTSIZE=0")),
    );
    assert.deepEqual(virsh.messages[0]?.arguments["arg"], [SECRET]);
  });

  it("brings a large input over in pieces, to a directory of its own that goes again", async () => {
    const { virsh, agent } = agentOf();
    const large = SECRET.repeat(20_000);
    let received = "";
    const commands: string[][] = [];
    virsh.program = (argv, input) => {
      commands.push([...argv]);
      if (argv.includes("cat-it")) received = input?.toString() ?? "";
      return { code: 0, stdout: argv[0] === "mktemp" ? "/run/pgkeep.x\n" : "", stderr: "" };
    };
    await agent.run(["cat-it"], { input: large });
    assert.equal(received, large);
    assert.ok(virsh.messages.filter(({ execute }) => execute === "guest-file-write").length > 5);
    assert.deepEqual(commands.at(-1), ["rm", "-rf", "/run/pgkeep.x"]);
  });

  it("says who does not answer, and what failed, without the input", async () => {
    const { virsh, agent } = agentOf();
    virsh.program = () => ({ code: 3, stdout: "", stderr: "went wrong" });
    await assert.rejects(agent.run(["program"], { input: SECRET }), (error) => {
      assert.ok(error instanceof GuestCommandError);
      assert.equal(error.message, "program in pg-a1 ended with 3: went wrong");
      return true;
    });
    assert.equal((await agent.run(["program"], { accept: [3] })).code, 3);
    virsh.silent = true;
    assert.equal(await agent.answers(), false);
    await assert.rejects(agent.run(["program"], { input: SECRET }), (error) => {
      assert.ok(error instanceof GuestAgentError);
      assert.match(error.message, /guest agent of pg-a1 does not answer: Guest agent is not responding/);
      assert.doesNotMatch(error.message, /geheim/);
      return true;
    });
  });
});

describe("an output that is too long for the guest agent", () => {
  it("is refused as that, never taken for the whole or for a silent agent", async () => {
    const { virsh, agent } = agentOf();
    virsh.program = () => ({ code: 0, stdout: "only the beginning", stderr: "" });
    virsh.truncated = true;
    await assert.rejects(agent.run(["program"]), GuestOutputError);
    virsh.truncated = false;
    for (const text of [
      "Unable to encode message payload",
      "internal error: No complete agent response found in 10485760 bytes",
    ]) {
      virsh.refusal = text;
      await assert.rejects(agent.run(["program"]), (error) => {
        assert.ok(error instanceof GuestOutputError);
        assert.match(error.message, /in pg-a1 is too long for its guest agent/);
        return true;
      });
    }
  });
});

describe("pgkeep guest apply", () => {
  const bundle = Buffer.from(JSON.stringify({ files: [{ path: "/etc/x", content: SECRET }], services: [] }));
  const lines: string[] = [];
  const out = output(false, {
    out: (text) => lines.push(text),
    err: (text) => lines.push(text),
    monotonic: () => 0,
  });

  it("tells which files changed and never a content", async () => {
    const { virsh, agent } = agentOf();
    virsh.program = (argv) => ({
      code: 0,
      stdout:
        argv[0]?.endsWith("pgkeep-apply") === true
          ? '{"changed":["/etc/x"],"restarted":["a.service"]}'
          : "done yes\n",
      stderr: "",
    });
    const applied = await applyBundle(agent, systemClock(), out, { bundle, wait: 5, dryRun: false });
    assert.deepEqual(applied.changed, ["/etc/x"]);
    assert.ok(!lines.join("").includes("geheim"));
  });

  it("gives the guest's own reason when it did not finish", async () => {
    const { virsh, agent } = agentOf();
    virsh.program = (argv) => ({
      code: argv[0]?.endsWith("pgkeep-apply") === true ? 1 : 0,
      stdout:
        argv[0]?.endsWith("pgkeep-apply") === true
          ? '{"changed":[],"error":"no such account"}'
          : "done yes\n",
      stderr: "",
    });
    await assert.rejects(
      applyBundle(agent, systemClock(), out, { bundle, wait: 5, dryRun: false }),
      /pgkeep-apply in pg-a1 did not finish: no such account/,
    );
  });

  it("refuses what is not a bundle without repeating it", async () => {
    const { agent } = agentOf();
    for (const text of [`{"files": "${SECRET}"}`, `not json ${SECRET}`, ""])
      await assert.rejects(
        applyBundle(agent, systemClock(), out, { bundle: Buffer.from(text), wait: 5, dryRun: false }),
        (error) =>
          error instanceof Error && /not a bundle/.test(error.message) && !error.message.includes("geheim"),
      );
  });
});
