"""Code is highlighted beside the event loop, as long as there is not too much of it."""

import asyncio

import pytest

from chat.service.rendering import MAX_WAITING, Renderer

pytestmark = pytest.mark.gen_test

CODE = "```python\nreturn 1\n```"


async def test_a_text_is_rendered_with_or_without_code() -> None:
    renderer = Renderer()
    assert await renderer.render("*a*") == "<p><em>a</em></p>"
    assert '<span class="k">return </span>' in await renderer.render(CODE)


async def test_the_event_loop_goes_on_while_code_is_highlighted() -> None:
    renderer = Renderer()
    rendering = asyncio.ensure_future(renderer.render(CODE))
    await asyncio.sleep(0)
    assert not rendering.done()
    assert "<pre" in await rendering


async def test_code_is_left_without_colours_while_much_is_waiting() -> None:
    renderer = Renderer()
    texts = await asyncio.gather(*(renderer.render(CODE) for _ in range(MAX_WAITING + 1)))
    assert [text for text in texts if "<span" not in text] == [texts[-1]]
    assert "<span" in await renderer.render(CODE)
