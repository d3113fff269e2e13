import assert from "node:assert/strict";
import { join } from "node:path";
import {
  compileNwFilter,
  compileNwFilterOf,
  decide,
  evaluateNwFilter,
  filterParameters,
  guestRules,
  parseNwFilter,
  type Packet,
} from "../../../components/access/index.js";
import { PURPOSES } from "../../../components/declaration/index.js";
import { PORTS } from "../../../components/postgres/index.js";
import { recoveryPlan } from "../../../components/recovery/index.js";
import { checkoutRoot } from "../../../lab/places.js";
import { readEnvironment } from "../../../operations/declaration-file.js";
import { addressesOf } from "../../operations/access/packets.js";
import { GUESTS } from "../../access/matrix/arbitrary.js";
import { MUTANTS } from "../../access/matrix/mutants.js";
import { disagreement } from "../../access/matrix/targets.js";
import { BRIDGE, BridgedGuest } from "./bridge.js";
import { FILTER, Hypervisor } from "./hypervisor.js";
import { observerText, passed } from "./observer.js";
import { chosen, isGuest, othersOf, packetsBetween, samples } from "./samples.js";
import { numbered, Sender, type Sent } from "./sender.js";

const OWN = GUESTS.map(({ address }) => address);
/** A definition takes libvirt a second or two; these show most of what a compiler can get wrong. */
const PLANTED = ["directions swapped", "denials drop the way back", "IPv6 not denied at the end"];

describe("real packets through the rules that libvirt loads for a guest's interface", function () {
  this.timeout(600_000);
  const sets = samples(14, 120).flatMap(({ model, packets }) => {
    const { output, reported } = compileNwFilterOf(model, {
      ...FILTER,
      at: { name: "guest", endpoints: GUESTS },
    });
    const effects = new Set(reported.map(({ effect }) => effect));
    return output === undefined ? [] : [{ model, xml: output, effects, packets }];
  });
  const plan = recoveryPlan(readEnvironment(join(checkoutRoot(), "Pulumi.kvm-prod.yaml")));
  const [guest] = plan.guests;
  assert.ok(guest !== undefined);
  const addresses = PURPOSES.map((purpose) => guest.addresses[purpose]);
  const elsewhere = addressesOf(plan).filter((address) => !addresses.includes(address));
  let hypervisor: Hypervisor;
  let net: BridgedGuest;
  let senders: { readonly guest: Sender; readonly world: Sender };

  const opened: { close(): Promise<void> }[] = [];

  before(async () => {
    hypervisor = await Hypervisor.open(filterParameters([...OWN, ...addresses]));
    opened.push(hypervisor);
    const others = [...othersOf(sets.flatMap(({ packets }) => packets)), ...elsewhere];
    net = await BridgedGuest.open([...OWN, ...addresses], [...new Set(others)]);
    opened.push(net);
    senders = { guest: new Sender(net.guest), world: new Sender(net.world) };
    opened.push(...Object.values(senders));
  });

  after(async () => {
    for (const each of opened.reverse()) await each.close();
  });

  /** Sends packets both ways. @returns the numbers of those that the kernel let through, and of connections that were answered */
  async function through(
    xml: string,
    sent: readonly Sent[],
  ): Promise<{ kernel: ReadonlySet<number>; answered: Set<number> }> {
    await net.load(await hypervisor.rulesOf(xml), observerText(BRIDGE));
    const isOut = ({ packet }: Sent): boolean => [...OWN, ...addresses].includes(packet.from.address);
    const [out, into] = [sent.filter(isOut), sent.filter((each) => !isOut(each))];
    await senders.guest.send(out);
    await senders.world.send(into);
    const kernel = await passed(net.bridge, BRIDGE, sent);
    const called = (some: readonly Sent[]): number[] =>
      some.filter(({ id, packet }) => packet.protocol === "tcp" && kernel.has(id)).map(({ id }) => id);
    const answers = [await senders.guest.answers(called(out)), await senders.world.answers(called(into))];
    return { kernel, answered: new Set(answers.flat()) };
  }

  it("the kernel does with every packet what evaluator and model say, and lets answers back", async () => {
    let [cases, allowed, answers] = [0, 0, 0];
    for (const { model, xml, effects, packets } of sets) {
      const filter = parseNwFilter(xml);
      const sent = packets.map(numbered);
      const { kernel, answered } = await through(xml, sent);
      for (const { packet, id } of sent) {
        const passes = kernel.has(id);
        const words = `${JSON.stringify(packet)} of ${xml}`;
        const told = { ...packet, from: packet.from.address, to: packet.to.address };
        const judged = evaluateNwFilter(
          filter,
          { ...told, direction: isGuest(packet.from.address) ? "out" : "in" },
          OWN,
        );
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
    assert.ok(cases >= 1000 && allowed >= 80 && answers >= 40, `${cases} ${allowed} ${answers}`);
  });

  it("the filters of a shipped environment's guest do with every packet what the evaluator says", async () => {
    let [cases, allowed] = [0, 0];
    for (const purpose of PURPOSES) {
      const own: readonly string[] = [guest.addresses[purpose]];
      const xml = compileNwFilter({ ...FILTER, rules: guestRules(plan, purpose, PORTS) });
      const filter = parseNwFilter(xml);
      const judge = (packet: Packet): boolean => {
        const direction = own.includes(packet.from.address) ? "out" : "in";
        const told = { ...packet, from: packet.from.address, to: packet.to.address, direction } as const;
        return evaluateNwFilter(filter, told, own).verdict === "accept";
      };
      const sent: readonly Sent[] = chosen(packetsBetween(own, elsewhere), judge).map(numbered);
      const { kernel } = await through(xml, sent);
      for (const { packet, id } of sent) assert.equal(kernel.has(id), judge(packet), JSON.stringify(packet));
      cases += sent.length;
      allowed += kernel.size;
    }
    console.log(`      ${cases} packets, ${allowed} let through, 0 disagreements`);
    assert.ok(cases >= 900 && allowed >= 60, `${cases} ${allowed}`);
  });

  for (const { bug, plant } of MUTANTS.filter(
    (mutant) => mutant.target === "nwfilter" && PLANTED.includes(mutant.bug),
  ))
    it(`the kernel betrays a compiler with a bug: ${bug}`, async () => {
      // Where it changes most it shows soonest.
      const changed = ({ xml }: { readonly xml: string }): number => Math.abs(plant(xml).length - xml.length);
      for (const { model, xml, effects, packets } of sets.toSorted((a, b) => changed(b) - changed(a))) {
        const broken = plant(xml);
        if (broken === xml) continue;
        const sent = packets.map(numbered);
        const { kernel } = await through(broken, sent);
        const wrong = sent.filter(({ packet, id }) => {
          const said = decide(model, packet).verdict === "allow";
          return disagreement(said, kernel.has(id), effects) !== undefined;
        });
        if (wrong.length > 0) return;
      }
      assert.fail("no packet of any rule set showed it");
    });
});
