import assert from "node:assert/strict";
import {
  compileNftables,
  decide,
  evaluateNftables,
  parseNftables,
  type AccessModel,
  type Packet,
} from "../../../components/access/index.js";
import { GUESTS } from "../../access/matrix/arbitrary.js";
import { MUTANTS } from "../../access/matrix/mutants.js";
import { disagreement } from "../../access/matrix/targets.js";
import { HostAndWorld } from "./network.js";
import { HOST, observerText, passed } from "./observer.js";
import { isGuest, othersOf, samples } from "./samples.js";
import { numbered, Sender, type Sent } from "./sender.js";

const DEVICE = "eth0";

/** A rule set as the host loads it. */
interface Loaded {
  readonly model: AccessModel;
  readonly text: string;
  readonly effects: ReadonlySet<string>;
  readonly packets: readonly Packet[];
}

describe("real packets through nftables of generated rule sets", function () {
  this.timeout(300_000);
  const all = samples(80, 48);
  const sets = all.flatMap(({ model, packets }): Loaded[] => {
    const { output, reported } = compileNftables(model, { name: "host", endpoints: GUESTS });
    const effects = new Set(reported.map(({ effect }) => effect));
    return output === undefined ? [] : [{ model, text: output, effects, packets }];
  });
  let net: HostAndWorld;
  let senders: { readonly host: Sender; readonly world: Sender };

  const opened: { close(): Promise<void> }[] = [];

  before(async () => {
    const own = GUESTS.map(({ address }) => address);
    net = await HostAndWorld.open([{ device: DEVICE, own }], othersOf(all.flatMap(({ packets }) => packets)));
    opened.push(net);
    senders = { host: new Sender(net.host), world: new Sender(net.world) };
    opened.push(...Object.values(senders));
  });

  after(async () => {
    for (const each of opened.reverse()) await each.close();
  });

  /** Sends packets both ways. @returns the numbers of those that the kernel let through, and of connections that were answered */
  async function through(
    sent: readonly Sent[],
  ): Promise<{ kernel: ReadonlySet<number>; answered: Set<number> }> {
    const [out, into] = [sent.filter(isOut), sent.filter((each) => !isOut(each))];
    await senders.host.send(out);
    await senders.world.send(into);
    const kernel = await passed(net.host, HOST, sent);
    const called = (some: readonly Sent[]): number[] =>
      some.filter(({ id, packet }) => packet.protocol === "tcp" && kernel.has(id)).map(({ id }) => id);
    const answers = [await senders.host.answers(called(out)), await senders.world.answers(called(into))];
    return { kernel, answered: new Set(answers.flat()) };
  }

  it("the kernel does with every packet what evaluator and model say, and lets answers back", async () => {
    let [cases, allowed, answers] = [0, 0, 0];
    for (const { model, text, effects, packets } of sets) {
      await net.load(text, observerText(HOST));
      const tables = parseNftables(text);
      const sent = packets.map(numbered);
      const { kernel, answered } = await through(sent);
      for (const one of sent) {
        const { packet, id } = one;
        const passes = kernel.has(id);
        const words = `${JSON.stringify(packet)} of ${text}`;
        const judged = evaluateNftables(tables, isOut(one) ? "output" : "input", {
          ...{ ...packet, from: packet.from.address, to: packet.to.address, state: "new" },
          ...(isOut(one) ? { oif: DEVICE } : { iif: DEVICE }),
        });
        assert.equal(passes ? "accept" : "drop", judged.verdict, `${judged.by}: ${words}`);
        const said = decide(model, packet).verdict === "allow";
        assert.equal(disagreement(said, passes, effects), undefined, words);
        if (packet.protocol === "tcp") assert.equal(answered.has(id), passes, `answer to ${words}`);
        cases++;
        if (passes) allowed++;
        if (answered.has(id) && packet.protocol === "tcp") answers++;
      }
    }
    console.log(
      `      ${sets.length} rule sets, ${cases} packets, ${allowed} let through, ${answers} TCP connections answered, 0 disagreements`,
    );
    assert.ok(cases >= 3000 && allowed >= 500 && answers >= 200, `${cases} ${allowed} ${answers}`);
  });

  for (const { bug, plant } of MUTANTS.filter(({ target }) => target === "nftables"))
    it(`the kernel betrays a compiler with a bug: ${bug}`, async () => {
      for (const { model, text, effects, packets } of sets) {
        const broken = plant(text);
        if (broken === text) continue;
        await net.load(broken, observerText(HOST));
        const sent = packets.map(numbered);
        const { kernel } = await through(sent);
        const wrong = sent.filter(({ packet, id }) => {
          const said = decide(model, packet).verdict === "allow";
          return disagreement(said, kernel.has(id), effects) !== undefined;
        });
        if (wrong.length > 0) return;
      }
      assert.fail("no packet of any rule set showed it");
    });
});

function isOut({ packet }: Sent): boolean {
  return isGuest(packet.from.address);
}
