import assert from "node:assert/strict";
import { join } from "node:path";
import { decide, derivedModel } from "../../../components/access/index.js";
import { PURPOSES } from "../../../components/declaration/index.js";
import { INTERFACES, PORTS, renderNftables } from "../../../components/postgres/index.js";
import { recoveryPlan, type PlanGuest, type RecoveryPlan } from "../../../components/recovery/index.js";
import { checkoutRoot } from "../../../lab/places.js";
import { DeployedAccess } from "../../../operations/access/deployed.js";
import { readEnvironment } from "../../../operations/declaration-file.js";
import { addressesOf } from "../../operations/access/packets.js";
import { HostAndWorld, type Segment } from "./network.js";
import { HOST, observerText, passed } from "./observer.js";
import { chosen, packetsBetween } from "./samples.js";
import { numbered, Sender, type Sent } from "./sender.js";

describe("real packets through the firewalls of the shipped environments' guests", function () {
  this.timeout(300_000);
  for (const stack of ["kvm-dev", "kvm-prod", "lab-kvm", "vmware-dev", "vmware-prod"])
    it(stack, async () => {
      const plan = recoveryPlan(readEnvironment(join(checkoutRoot(), `Pulumi.${stack}.yaml`)));
      let [cases, allowed] = [0, 0];
      for (const guest of plan.guests) {
        const counted = await atGuest(plan, guest);
        cases += counted.cases;
        allowed += counted.allowed;
      }
      console.log(
        `      ${plan.guests.length} guests, ${cases} packets, ${allowed} let through, 0 disagreements`,
      );
      assert.ok(cases > 400 * plan.guests.length && allowed > 20 * plan.guests.length, `${cases} ${allowed}`);
    });
});

/** Sends packets to and from every interface of a guest, and compares the kernel with model and evaluator. */
async function atGuest(plan: RecoveryPlan, guest: PlanGuest): Promise<{ cases: number; allowed: number }> {
  const segments = PURPOSES.map((purpose): Segment => {
    return { device: INTERFACES[purpose], own: [guest.addresses[purpose]] };
  });
  const own = segments.flatMap((segment) => segment.own);
  const model = derivedModel(plan, PORTS);
  const others = addressesOf(plan).filter((address) => !own.includes(address));
  const sent = chosen(packetsBetween(own, others), (packet) => decide(model, packet).verdict === "allow").map(
    numbered,
  );
  const net = await HostAndWorld.open(segments, others);
  const senders = [new Sender(net.host), new Sender(net.world)] as const;
  try {
    await net.load(renderNftables(plan, guest), observerText(HOST));
    const isOut = ({ packet }: Sent): boolean => own.includes(packet.from.address);
    await senders[0].send(sent.filter(isOut));
    await senders[1].send(sent.filter((each) => !isOut(each)));
    const kernel = await passed(net.host, HOST, sent);
    const deployed = new DeployedAccess(plan);
    for (const { packet, id } of sent) {
      const words = `${guest.name}: ${JSON.stringify(packet)}`;
      const said = decide(model, packet).verdict;
      assert.equal(kernel.has(id) ? "allow" : "deny", said, words);
      const here = deployed
        .judge(packet)
        .find(({ target, at }) => target === "nftables" && at === guest.name);
      assert.equal(kernel.has(id) ? "accept" : "drop", here?.verdict, words);
    }
    return { cases: sent.length, allowed: kernel.size };
  } finally {
    await Promise.all(senders.map((sender) => sender.close()));
    await net.close();
  }
}
