// @ts-check
// The names of roles, of a room's and of the site's people. Pure.

import { t } from "./texts.js"

/** @type {Record<string, string>} */
export const ROLE_WORDS = { member: t("member"), moderator: t("moderator"), owner: t("owner") }
