// @ts-check
// Says what is in the audit log of this site: who did what to whom. Pure.

import { t } from "../texts.js"

/** @typedef {{ name: string, whom: string }} Who the names of who did it, and to whom */

/** @type {Record<string, (who: Who) => string>} by action */
const SENTENCES = {
  ban: (who) => t("{name} banned {whom}.", who),
  ban_addresses: (who) => t("{name} keeps out the addresses of {whom}.", who),
  bot: (who) => t("{name} made the bot {whom}.", who),
  bot_token: (who) => t("{name} made a new token for {whom}.", who),
  close_report: (who) => t("{name} dealt with the report of a message of {whom}.", who),
  create: (who) => t("{name} made the room.", who),
  delete: (who) => t("{name} deleted a message of {whom}.", who),
  delete_account: (who) => t("{name} deleted the account of {whom}.", who),
  disable: (who) => t("{name} keeps {whom} out.", who),
  enable: (who) => t("{name} lets {whom} in again.", who),
  end_bot: (who) => t("{name} ended the token of a bot.", who),
  end_device: (who) => t("{name} signed out a device of {whom}.", who),
  end_hook: (who) => t("{name} ended an incoming webhook.", who),
  end_invite: (who) => t("{name} ended an invitation.", who),
  end_passkey: (who) => t("{name} removed a passkey of {whom}.", who),
  export: (who) => t("{name} exported what {whom} wrote.", who),
  export_rooms: (who) => t("{name} exported rooms.", who),
  hook: (who) => t("{name} made an incoming webhook.", who),
  import: (who) => t("{name} imported the room.", who),
  import_people: (who) => t("{name} imported people.", who),
  import_room: (who) => t("{name} imported a room that is not public.", who),
  invite: (who) => t("{name} made an invitation.", who),
  kick: (who) => t("{name} removed {whom}.", who),
  link: (who) => t("{name} made a link for one more device.", who),
  mute: (who) => t("{name} muted {whom}.", who),
  order: () => t("The server’s operator gave an order."),
  passkey: (who) => t("{name} added a passkey.", who),
  passkey_used: (who) => t("{name} signed in by a passkey.", who),
  password: (who) => t("{name} changed the password.", who),
  remove: (who) => t("{name} deleted the room.", who),
  rename: (who) => t("{name} took another name.", who),
  report: (who) => t("{name} reported a message of {whom}.", who),
  reports_over: (who) => t("{name} closed reports of deleted messages.", who),
  reset: (who) => t("{name} made a link for a new password of {whom}.", who),
  role: (who) => t("{name} changed the role of {whom}.", who),
  "role member": (who) => t("{name} made {whom} a member.", who),
  "role moderator": (who) => t("{name} made {whom} a moderator.", who),
  "role owner": (who) => t("{name} made {whom} an owner.", who),
  room_link: (who) => t("{name} made a link to the room.", who),
  room_link_used: (who) => t("{name} joined by a link of {whom}.", who),
  set: (who) => t("{name} changed the settings of the room.", who),
  set_up: (who) => t("{name} set this site up.", who),
  setup_code: () => t("A link for the first owner was made."),
  sign_in: (who) => t("{name} signed in.", who),
  sign_up: (who) => t("{name} signed up.", who),
  site: (who) => t("{name} changed this site.", who),
  webhook: (who) => t("{name} made a webhook.", who),
  webhook_changed: (who) => t("{name} changed a webhook.", who),
  webhook_removed: (who) => t("{name} removed a webhook.", who),
  webhook_secret: (who) => t("{name} gave a webhook another secret.", who),
  unban: (who) => t("{name} lifted the ban of {whom}.", who),
  unmute: (who) => t("{name} lets {whom} write again.", who),
}

const NO_REASONS = new Set(["role", "site"]) // with these, the reason says what became of it, in words for programs

/** Return what was done in one sentence. @param {{ action: string, reason?: string }} entry @param {Who} who */
export function auditWords({ action, reason = "" }, who) {
  const sentence = (action === "role" && SENTENCES[`role ${reason}`]) || SENTENCES[action]
  return sentence ? sentence(who) : t("{name}: {action}", { ...who, action: action.replaceAll("_", " ") })
}

/** Return why it was done, as somebody wrote it; "" if nobody did. @param {{ action: string, reason?: string }} entry */
export function auditReason({ action, reason = "" }) {
  return NO_REASONS.has(action) ? "" : reason
}
