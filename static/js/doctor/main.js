// @ts-check
// The doctor page: runs the examination and shows the result.

import { t } from "../texts.js"
import { byId, textElement } from "../views/elements.js"
import { diagnose } from "./diagnosis.js"
import { examine } from "./examination.js"
import { reportOf, rowsOf } from "./report.js"

async function run() {
  const again = /** @type {HTMLButtonElement} */ (byId("again"))
  again.disabled = true
  byId("verdict").hidden = true
  const progress = byId("progress")
  const findings = await examine((words) => (progress.textContent = words))
  const diagnosis = diagnose(findings)
  progress.textContent = t("Done.")
  byId("headline").textContent = diagnosis.headline
  byId("meaning").textContent = diagnosis.meaning
  for (const part of /** @type {const} */ (["steps", "sentences"])) {
    byId(part).replaceChildren(...diagnosis[part].map((words) => textElement("li", words)))
    byId(`${part}-title`).hidden = diagnosis[part].length === 0
  }
  byId("rows").replaceChildren(...rowsOf(findings).map(({ name, result, verdict, hello, proven, stayed }) => {
    const row = document.createElement("tr")
    row.dataset.result = result
    const head = textElement("th", name)
    head.setAttribute("scope", "row")
    row.append(head, ...[verdict, hello, proven, stayed].map((text) => textElement("td", text)))
    return row
  })) // prettier-ignore
  const report = /** @type {HTMLTextAreaElement} */ (byId("report"))
  report.value = reportOf(findings, diagnosis)
  report.rows = report.value.split("\n").length + 1
  byId("table").hidden = findings.plain_ms === null
  byId("verdict").hidden = false
  again.disabled = false
}

byId("again").addEventListener("click", () => void run())
byId("copy").addEventListener("click", async () => {
  const report = /** @type {HTMLTextAreaElement} */ (byId("report"))
  report.select()
  // Over plain HTTP, scripts have no clipboard; then the text is at least selected.
  await navigator.clipboard?.writeText(report.value)
  byId("copied").textContent = navigator.clipboard ? t("Copied.") : t("Selected: copy it with your keyboard.")
})
void run()
