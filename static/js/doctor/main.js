// @ts-check
// The doctor page: runs the examination and shows the result.

import { t } from "../texts.js"
import { byId, textElement } from "../views/elements.js"
import { diagnose } from "./diagnosis.js"
import { examine } from "./examination.js"
import { openRows, reportOf, rowsOf } from "./report.js"

const waiting = byId("headline").textContent
const report = /** @type {HTMLTextAreaElement} */ (byId("report"))
/** @type {NodeListOf<HTMLButtonElement>} */ const buttons = document.querySelectorAll("#again, #copy")

async function run() {
  for (const button of buttons) button.disabled = true
  show({ headline: waiting, meaning: "", steps: [], sentences: [] }, openRows(), "")
  const progress = byId("progress")
  const findings = await examine((words) => (progress.textContent = words))
  const diagnosis = diagnose(findings)
  progress.textContent = t("Done.")
  show(diagnosis, rowsOf(findings), reportOf(findings, diagnosis))
  for (const button of buttons) button.disabled = false
}

/**
 * Show what is found, or that it is not yet: the page has the same parts from the beginning.
 * @param {Pick<import("./diagnosis.js").Diagnosis, "headline" | "meaning" | "steps" | "sentences">} diagnosis
 * @param {ReturnType<typeof openRows>} rows @param {string} text of the report
 */
function show(diagnosis, rows, text) {
  byId("headline").textContent = diagnosis.headline
  byId("meaning").textContent = diagnosis.meaning
  for (const part of /** @type {const} */ (["steps", "sentences"])) {
    byId(part).replaceChildren(...diagnosis[part].map((words) => textElement("li", words)))
    byId(`${part}-title`).hidden = diagnosis[part].length === 0
  }
  byId("table").hidden = rows.length === 0
  byId("rows").replaceChildren(...rows.map(({ name, result, verdict, hello, proven, stayed }) => {
    const row = document.createElement("tr")
    row.dataset.result = result
    const head = textElement("th", name)
    head.setAttribute("scope", "row")
    row.append(head, ...[verdict, hello, proven, stayed].map((text) => textElement("td", text)))
    return row
  })) // prettier-ignore
  report.value = text
  report.rows = text.split("\n").length + 1
}

byId("again").addEventListener("click", () => void run())
byId("copy").addEventListener("click", async () => {
  report.select()
  // Over plain HTTP, scripts have no clipboard; then the text is at least selected.
  await navigator.clipboard?.writeText(report.value)
  byId("copied").textContent = navigator.clipboard ? t("Copied.") : t("Selected: copy it with your keyboard.")
})
void run()
