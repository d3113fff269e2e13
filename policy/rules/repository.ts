import { plainTexts } from "../facts.js";
import { resourceRule, type Rule } from "../rule.js";
import { isOff, settingsIn } from "../text/settings.js";

const EVERYTHING = /.*/;
/** A setting of pgBackRest for any of its repositories: each value with the name that it was given by. */
function repositorySettings(
  text: string,
  name: string,
): { readonly option: string; readonly value: string }[] {
  const options = new Set(
    [...text.matchAll(new RegExp(`\\brepo\\d{1,3}-${name}\\b`, "g"))].map(([option]) => option),
  );
  return [...options].flatMap((option) => settingsIn(text, option).map((value) => ({ option, value })));
}

/** The backup repository, wherever its configuration stands. */
export const repositoryRules: readonly Rule[] = [
  resourceRule({
    id: "repository-encrypted",
    title: "No repository of backups is configured without encryption.",
    severity: "critical",
    level: "mandatory",
    types: [EVERYTHING],
    why: "A repository in clear is a copy of every database, on a machine that many more people reach.",
    fix: "repo1-cipher-type=aes-256-cbc, before the first backup: it cannot be changed later.",
    controls: ["PCI DSS 3.5.1", "PCI DSS 9.4.1.1", "ISO 27001 A.8.24"],
    judge: (resource, find) => {
      for (const { text, at } of plainTexts(resource))
        for (const { option, value } of repositorySettings(text, "cipher-type"))
          if (/^none$/i.test(value)) find(`${option} is none`, at);
    },
  }),
  resourceRule({
    id: "repository-retention",
    title: "A repository keeps more than its newest backup.",
    severity: "high",
    level: "mandatory",
    types: [EVERYTHING],
    why: "Corruption is often noticed days later, and then the newest backup has it too.",
    fix: "repo1-retention-full=2 or more; with repo1-retention-full-type=time, 7 days or more.",
    controls: ["SOC 2 A1.2", "ISO 27001 A.8.13", "CIS PostgreSQL 8.2"],
    parameters: {
      copies: { what: "fewest full backups, where they are counted", unit: "", default: 2, minimum: 1 },
      days: { what: "shortest age of full backups, where time counts", unit: "days", default: 7, minimum: 1 },
    },
    judge: (resource, find, { copies, days }) => {
      for (const { text, at } of plainTexts(resource)) {
        const byTime = repositorySettings(text, "retention-full-type").some(({ value }) => value === "time");
        const [least, unit] = byTime ? [days, "days"] : [copies, "copies"];
        for (const { option, value } of repositorySettings(text, "retention-full"))
          if (/^\d+$/.test(value) && Number(value) < least)
            find(`${option} is ${value}, less than ${least} ${unit}`, at);
      }
    },
  }),
  resourceRule({
    id: "repository-verified",
    title: "The store of backups proves its identity.",
    severity: "high",
    level: "mandatory",
    types: [EVERYTHING],
    why: "Whoever answers in its place takes the backups and their login, and later gives back what he likes.",
    fix: "no repo1-storage-verify-tls=n; repo1-storage-ca-file for a certificate of one's own.",
    controls: ["PCI DSS 4.2.1", "SOC 2 CC6.7", "ISO 27001 A.8.21"],
    judge: (resource, find) => {
      for (const { text, at } of plainTexts(resource)) {
        for (const name of ["storage-verify-tls", "s3-verify-tls", "azure-verify-tls"])
          for (const { option, value } of repositorySettings(text, name))
            if (isOff(value)) find(`${option} is off`, at);
        if (/--no-repo\d*-(storage|s3|azure)-verify-tls\b/.test(text)) find("the check is switched off", at);
        for (const { option, value } of repositorySettings(text, "sftp-host-key-check-type"))
          if (value === "none") find(`${option} is none`, at);
      }
    },
  }),
];
