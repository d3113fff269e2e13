import type { Framework } from "./framework.js";

export const SOC2 = {
  title: "SOC 2, Trust Services Criteria 2017 (points of focus 2022)",
  source: "AICPA, https://www.aicpa-cima.com/resources/download/2017-trust-services-criteria",
  form: /^(CC[1-9]|A1|C1|PI1|P[1-8])\.\d$/,
  asks: {
    "A1.1": "capacity is planned and watched",
    "A1.2": "backups and recovery infrastructure exist and are maintained",
    "A1.3": "recovery is tested",
    "CC6.1": "logical access to information is protected",
    "CC6.2": "credentials are issued to registered and authorised users",
    "CC6.3": "access follows roles, least privilege and separation of duties",
    "CC6.6": "the boundary is protected against outside sources",
    "CC6.7": "information in transit is protected",
    "CC6.8": "unauthorised software is prevented or found",
    "CC7.1": "changed configurations and new vulnerabilities are found",
    "CC7.2": "the system is monitored for anomalies",
    "CC7.5": "recovery from incidents is prepared",
    "CC8.1": "changes are authorised, tested and approved",
    "CC9.1": "the risk of disruption is mitigated",
    "PI1.5": "what is stored is complete and accurate",
  },
} as const satisfies Framework;
