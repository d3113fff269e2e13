import {
  configureAll,
  createGroup,
  deleteGroup,
  editGroup,
  findGroup,
  groupInfo,
  groupVms,
} from "./groups.js";
import { accepted, acceptedAll, paged, type Route } from "./service.js";

const GROUPS = "/protection-management/groups";
const PROTECTION_PROFILE = "VcDr.ProtectionProfile.com.vmware.vcDr";

/** Operations on protection groups. */
export const GROUP_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: GROUPS,
    answer: (call) =>
      paged(
        call,
        [...call.world.groups.values()].map((one) => groupInfo(call.world, one)),
      ),
  },
  {
    method: "POST",
    path: GROUPS,
    body: "createGroup",
    privilege: `${PROTECTION_PROFILE}.Create`,
    remote: true,
    answer: ({ world, fields }) => accepted(world, createGroup(world, fields)),
  },
  {
    method: "GET",
    path: `${GROUPS}/{}`,
    answer: ({ world, path }) => ({ status: 200, body: groupInfo(world, findGroup(world, path[0] ?? "")) }),
  },
  {
    method: "DELETE",
    path: `${GROUPS}/{}`,
    privilege: `${PROTECTION_PROFILE}.Delete`,
    remote: true,
    answer: ({ world, path }) => accepted(world, deleteGroup(world, findGroup(world, path[0] ?? ""))),
  },
  {
    method: "GET",
    path: `${GROUPS}/{}/vms`,
    answer: (call) => paged(call, groupVms(call.world, findGroup(call.world, call.path[0] ?? ""))),
  },
  {
    method: "GET",
    path: `${GROUPS}/{}/datastore-groups`,
    answer: (call) =>
      paged(
        call,
        findGroup(call.world, call.path[0] ?? "").datastores.map((id) => ({
          id: `group-of-${id}`,
          datastores: [{ id, name: id }],
        })),
      ),
  },
  {
    method: "POST",
    path: `${GROUPS}/{}/actions/reconfigure`,
    body: "editGroup",
    privilege: `${PROTECTION_PROFILE}.Edit`,
    remote: true,
    answer: ({ world, path, fields }) =>
      accepted(world, editGroup(world, findGroup(world, path[0] ?? ""), fields)),
  },
  {
    method: "POST",
    path: `${GROUPS}/{}/actions/configure-all-vms`,
    privilege: `${PROTECTION_PROFILE}.Edit`,
    remote: true,
    answer: ({ world, path }) => acceptedAll(world, configureAll(world, findGroup(world, path[0] ?? ""))),
  },
];
