// @ts-check
// The webhooks of a room: other programs that are told of what happens there.

import { call } from "../api.js"
import { Refusal } from "../engine/http.js"
import { locale, t } from "../texts.js"
import { run } from "../views/dialogs.js"
import { textElement } from "../views/elements.js"
import { checkbox, field, input, lineButton, openDialog, showOnce } from "./dialog.js"
import { deliveryWords, EVENTS, eventsWords, eventWords, webhookWords } from "./webhook_words.js"

/** @import { Delivery, Webhook } from "./webhook_words.js" */

const URL_LIMIT = 1024

/** @param {string} time */
const shown = (time) => new Date(time).toLocaleString(locale, { dateStyle: "medium", timeStyle: "medium" })

/** Return a list below its heading, loaded once it is shown; nothing is seen where a server has no webhooks. @param {string} room @param {HTMLElement} heading */
export function webhookSection(room, heading) {
  const section = textElement("section", "", "members")
  const element = textElement("div", "", "members")
  section.append(heading, element)
  section.hidden = true
  const load = async () => {
    const { webhooks } = await call("webhooks", { query: { room } })
    const none = textElement("p", t("Other programs that are told of what happens here."), "field-help")
    const list = textElement("ul", "", "members__list")
    list.setAttribute("role", "list")
    list.append(...webhooks.map((/** @type {Webhook} */ webhook) => item(webhook)))
    element.replaceChildren(webhooks.length > 0 ? list : none, lineButton(t("Tell another program…"), () => openNew(room, load)))
    section.hidden = false
  }
  /** @param {Webhook} webhook */
  const item = (webhook) => {
    const row = textElement("li", "", "members__item webhook")
    const url = textElement("span", webhook.url, "members__name")
    url.dir = "ltr"
    row.append(url, textElement("span", eventsWords(webhook.events), "field-help"), textElement("span", webhookWords(webhook, shown), "field-help"))
    row.append(lineButton(t("Deliveries…"), () => run(element, () => openDeliveries(webhook))))
    row.append(lineButton(t("Change…"), () => openChange(webhook, load)))
    return row
  }
  void run(element, () => load().catch((error) => {
    if (!(error instanceof Refusal && error.reply.code === "bad_command")) throw error
  })) // prettier-ignore
  return section
}

/** Return the fields of a webhook, and a function that returns what is in them. @param {string} url @param {string[]} events */
function fieldsOf(url, events) {
  const address = input({ value: url, maxLength: URL_LIMIT, required: true, type: "url", dir: "ltr", placeholder: "https://" })
  const boxes = EVENTS.map(([event, words]) => ({ event, ...checkbox(words, events.includes(event)) }))
  const chosen = () => ({ url: address.value, events: boxes.filter(({ box }) => box.checked).map(({ event }) => event) })
  const group = textElement("fieldset", "", "dialog__group")
  group.append(textElement("legend", t("What it is told of")), ...boxes.map(({ element }) => element))
  return { fields: [field(t("URL"), address, t("Requests are sent to it.")), group], chosen }
}

/** @param {string} room @param {() => Promise<void>} load */
function openNew(room, load) {
  const { fields, chosen } = fieldsOf("", ["message"])
  openDialog({
    title: t("Tell another program"),
    text: t("It gets a signed request for each thing that happens here from now on. Whoever runs it reads what is said in this room."),
    content: fields,
    action: t("Make the webhook"),
    work: async () => {
      const { secret } = await call(`webhooks?${new URLSearchParams({ room })}`, { method: "POST", json: chosen() })
      showOnce(t("The webhook’s secret"), secret)
      await load()
    },
  })
}

/** @param {Webhook} webhook @param {() => Promise<void>} load */
function openChange(webhook, load) {
  const path = `webhooks/${webhook.id}`
  const { fields, chosen } = fieldsOf(webhook.url, webhook.events)
  const enabled = checkbox(t("Enabled"), webhook.is_enabled, t("Enabled again, it goes on where it was."))
  const deeds = textElement("div", "", "dialog__deeds")
  const { close } = openDialog({
    title: t("Webhook"),
    content: [...fields, enabled.element, deeds],
    action: t("Save"),
    work: async () => {
      const isChanged = enabled.box.checked !== webhook.is_enabled
      await call(path, { method: "PATCH", json: { ...chosen(), ...(isChanged ? { is_enabled: enabled.box.checked } : {}) } })
      await load()
    },
  })
  const renew = lineButton(t("Another secret…"), () => run(deeds, async () => {
    showOnce(t("The webhook’s secret"), (await call(`${path}/secret`, { method: "POST" })).secret)
  })) // prettier-ignore
  const remove = lineButton(t("Remove"), () => run(deeds, async () => {
    await call(path, { method: "DELETE" })
    close()
    await load()
  })) // prettier-ignore
  remove.classList.add("button--danger")
  deeds.append(renew, remove)
}

/** @param {Webhook} webhook */
async function openDeliveries(webhook) {
  const path = `webhooks/${webhook.id}/deliveries`
  const element = textElement("div", "", "members")
  const load = async () => {
    const { deliveries } = await call(path)
    const list = textElement("ol", "", "members__list")
    list.setAttribute("role", "list")
    list.append(...deliveries.map((/** @type {Delivery} */ delivery) => item(delivery)))
    element.replaceChildren(deliveries.length > 0 ? list : textElement("p", t("Nothing has happened yet."), "field-help"))
  }
  /** @param {Delivery} delivery */
  const item = (delivery) => {
    const row = textElement("li", "", "members__item webhook")
    row.append(textElement("span", eventWords(delivery.type), "members__name"), textElement("span", deliveryWords(delivery, shown), "field-help"))
    if (webhook.is_enabled && delivery.state !== "gone") {
      const again = lineButton(t("Send again"), () => run(element, async () => {
        await call(`${path}/${encodeURIComponent(delivery.id)}/send`, { method: "POST" })
        again.disabled = true
        again.textContent = t("Is sent")
      })) // prettier-ignore
      row.append(again)
    }
    return row
  }
  await load()
  openDialog({ title: t("Deliveries"), text: t("The last ones, the newest first."), content: [element, lineButton(t("Look again"), () => run(element, load))], cancel: t("Close") })
}
