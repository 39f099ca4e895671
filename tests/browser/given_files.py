"""Gives files to the page, as a browser does those chosen, pasted or dropped; sees them."""

from typing import Any

from tests.browser.window import Window

# A picture has a width and a height, everything else so many bytes.
GIVE = """
    const [how, ...wanted] = arguments
    const made = wanted.map(async ({ name, width, height, bytes }) => {
        if (!width) return new File([new Uint8Array(bytes)], name)
        const canvas = Object.assign(document.createElement("canvas"), { width, height })
        const context = canvas.getContext("2d")
        const sky = context.createLinearGradient(0, 0, 0, height)
        for (const [at, colour] of [[0, "#357"], [0.6, "#e96"], [0.61, "#246"], [1, "#123"]]) {
            sky.addColorStop(at, colour)
        }
        context.fillStyle = sky
        context.fillRect(0, 0, width, height)
        return new File([await new Promise((done) => canvas.toBlob(done))], name)
    })
    return Promise.all(made).then((files) => {
        const data = new DataTransfer()
        for (const file of files) data.items.add(file)
        const about = { bubbles: true, cancelable: true }
        if (how === "choose") {
            const field = document.querySelector("#attach-files")
            field.files = data.files
            field.dispatchEvent(new Event("change"))
        } else if (how === "paste") {
            const event = new ClipboardEvent("paste", { ...about, clipboardData: data })
            if (!event.clipboardData?.files.length) { // Firefox makes none with files
                Object.defineProperty(event, "clipboardData", { value: data })
            }
            document.querySelector("#text").dispatchEvent(event)
        } else {
            for (const type of ["dragover", "drop"]) {
                const event = new DragEvent(type, { ...about, dataTransfer: data })
                document.querySelector("#log").dispatchEvent(event)
            }
        }
    })
"""
# Of the last message: each file's name, and the size of a picture as it is shown, once it has come.
SHOWN = """
    const row = [...document.querySelectorAll(".message[data-offset]")].at(-1)
    return [...row?.querySelectorAll(".files > li") ?? []].map((item) => {
        const image = item.querySelector("img")
        if (!image) return item.querySelector(".file__name").textContent
        const { width, height } = image.getBoundingClientRect()
        return image.complete && image.naturalWidth ? [image.alt, width, height] : image.alt
    })
"""
CHIPS = """
    return [...document.querySelectorAll(".attachment")].map(
        (e) => [e.querySelector(".attachment__name").textContent, e.dataset.state])
"""
SEA = {"name": "sea.png", "width": 800, "height": 600}  # more than is shown in the log
SEA_SHOWN = ["sea.png", 360, 270]
NOTES = {"name": "notes <b>.txt", "bytes": 1234}


def give(window: Window, how: str, *files: dict[str, Any]) -> None:
    """Give files by ``choose``, ``paste`` or ``drop``."""
    window.run(GIVE, how, *files)


def has_ready(window: Window, *names: str) -> None:
    """Wait until exactly these files are uploaded for the next message."""
    wanted = [[name, "ready"] for name in names]
    window.until(lambda: window.run(CHIPS) == wanted, f"{window.run(CHIPS)} is not {wanted}")


def shows_files(window: Window, *files: Any) -> None:
    """Wait until the last message has exactly these."""
    wanted = list(files)
    window.until(lambda: window.run(SHOWN) == wanted, f"{window.run(SHOWN)} is not {wanted}")
