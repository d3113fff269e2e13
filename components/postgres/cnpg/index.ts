export { cnpgHba, cnpgIdent, cnpgPoolerHba, POOLER_SELECTOR } from "./hba.js";
export { cnpgName, cnpgPooler, cnpgTopology, type CnpgTopology } from "./topology.js";
export { cnpgDatabaseSql, cnpgRoles, cnpgServerSql, type CnpgRole } from "./roles.js";
export { cnpgSettings, type CnpgSettings, type KeptSetting } from "./settings.js";
