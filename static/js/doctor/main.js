// @ts-check
// The doctor page: runs the examination and shows the result.

import { byId, textElement } from "../views/elements.js"
import { diagnose, reportOf, rowOf } from "./diagnosis.js"
import { examine } from "./examination.js"

async function run() {
  const again = /** @type {HTMLButtonElement} */ (byId("again"))
  again.disabled = true
  byId("verdict").hidden = true
  const progress = byId("progress")
  const findings = await examine((words) => (progress.textContent = words))
  const diagnosis = diagnose(findings)
  progress.textContent = "Done."
  byId("headline").textContent = diagnosis.headline
  byId("sentences").replaceChildren(...diagnosis.sentences.map((words) => textElement("li", words)))
  byId("rows").replaceChildren(...findings.transports.map((finding) => {
    const { name, verdict, hello, proven, stayed } = rowOf(finding)
    const row = document.createElement("tr")
    row.dataset.verdict = verdict
    const head = textElement("th", name)
    head.setAttribute("scope", "row")
    row.append(head, ...[verdict, hello, proven, stayed].map((text) => textElement("td", text)))
    return row
  })) // prettier-ignore
  const report = /** @type {HTMLTextAreaElement} */ (byId("report"))
  report.value = reportOf(findings, diagnosis)
  report.rows = report.value.split("\n").length + 1
  byId("verdict").hidden = false
  again.disabled = false
}

byId("again").addEventListener("click", () => void run())
byId("copy").addEventListener("click", async () => {
  const report = /** @type {HTMLTextAreaElement} */ (byId("report"))
  report.select()
  // Over plain HTTP, scripts have no clipboard; then the text is at least selected.
  await navigator.clipboard?.writeText(report.value)
  byId("copied").textContent = navigator.clipboard ? "Copied." : "Selected: copy it with your keyboard."
})
void run()
