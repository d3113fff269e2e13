import fc from "fast-check";
import { hbaRecords, isForSuperuser, isFromEverywhere } from "../../../policy/text/hba.js";
import { openingsIn } from "../../../policy/text/nftables.js";
import * as nwfilter from "../../../policy/text/nwfilter.js";
import { settingsIn } from "../../../policy/text/settings.js";

const PIECES =
  `{ } ; ( ) " ' # , - = : /[ /^p 0.0.0.0/0 ::/0 10.0.0.0 255.0.0.0 1-2 host hostssl local all postgres trust cert reject
  table inet x chain input type filter hook input priority 0 policy accept drop add rule ip ip6 saddr tcp dport 5432 != counter
  <filter name='x'> </filter> <rule action='accept' direction='in'> <rule/> </rule> <tcp srcipaddr='0.0.0.0'/> <all> <!-- -->
  ssl listen_addresses on off to *`.split(/\s+/);

describe("readers of texts", () => {
  it("take whatever is written: a rule that throws would block every stack", () => {
    const text = fc
      .array(
        fc.oneof(fc.constantFrom(...PIECES), fc.constantFrom(" ", "\n", "\t"), fc.string({ maxLength: 3 })),
      )
      .map((pieces) => pieces.join(" ").replace(/ \n /g, "\n"));
    fc.assert(
      fc.property(text, (each) => {
        for (const record of hbaRecords(each)) {
          isForSuperuser(record);
          isFromEverywhere(record);
        }
        openingsIn(each);
        for (const rules of nwfilter.filtersIn(each)) nwfilter.dropsAll(rules, "all", "in");
        nwfilter.filterRulesIn(each).forEach(nwfilter.isFromEverywhere);
        settingsIn(each, "listen_addresses");
      }),
      { numRuns: 2000 },
    );
  });
});
