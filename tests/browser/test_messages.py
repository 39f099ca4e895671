"""What a message can be and become: plain text, edited, deleted, reacted to."""

from selenium.webdriver.common.keys import Keys

from tests.browser.window import Window

SCRIPT = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"


def test_markup_in_a_text_is_shown_as_text(windows: tuple[Window, Window]) -> None:
    ada, bob = windows
    ada.open()
    bob.open()
    ada.say(SCRIPT)
    bob.sees(SCRIPT)
    ada.sees(SCRIPT)
    bob.driver.refresh()  # as the server renders it, too
    bob.sees(SCRIPT)
    for window in windows:
        assert "owned" not in window.driver.title


def test_markup_in_a_name_is_shown_as_text(windows: tuple[Window, Window]) -> None:
    ada, bob = windows
    ada.open()
    bob.open()
    ada.call_me("<b>Ada</b>")
    ada.is_connected("websocket")
    ada.say("hello")
    bob.sees("hello")
    bob.shows(".message .author", "<b>Ada</b>")


def test_the_server_s_markup_is_shown(windows: tuple[Window, Window]) -> None:
    ada, bob = windows
    ada.open()
    bob.open()
    ada.say("**loud** and `code`")
    bob.sees("loud and code")
    assert bob.text(".message strong") == "loud"
    assert bob.text(".message code") == "code"


def test_one_s_own_message_is_edited_and_says_so(windows: tuple[Window, Window]) -> None:
    ada, bob = windows
    ada.open()
    bob.open()
    ada.say("teh word")
    bob.sees("teh word")
    ada.sees("teh word")
    ada.menu("teh word", "[data-action=edit]")
    composer = ada.find("#text")
    assert composer.get_attribute("value") == "teh word"
    composer.clear()
    composer.send_keys("the word", Keys.ENTER)
    for window in windows:
        window.sees("the word")
        window.until(lambda w=window: w.has(".message .edited"))  # until then it is on its way
    assert not ada.has("#editing")


def test_editing_can_be_given_up_and_the_draft_comes_back(window: Window) -> None:
    window.open()
    window.say("first")
    window.sees("first")
    window.find("#text").send_keys(Keys.ARROW_UP)
    window.find("#editing")
    assert window.find("#text").get_attribute("value") == "first"
    window.find("#text").send_keys(" changed", Keys.ESCAPE)
    assert window.find("#text").get_attribute("value") == ""
    window.sees("first")

    window.write("a draft")
    window.menu("first", "[data-action=edit]")
    window.click("#cancel-edit")
    assert window.find("#text").get_attribute("value") == "a draft"


def test_one_s_own_message_is_deleted_at_the_second_press(windows: tuple[Window, Window]) -> None:
    ada, bob = windows
    ada.open()
    bob.open()
    ada.say("oops")
    bob.sees("oops")
    ada.sees("oops")
    ada.menu("oops", "[data-action=delete]")
    ada.shows("[data-action=delete]", "Really delete?")
    ada.click("[data-action=delete]")
    for window in windows:
        window.sees("This message was deleted.")


def test_somebody_else_s_message_can_only_be_reacted_to(windows: tuple[Window, Window]) -> None:
    ada, bob = windows
    ada.open()
    bob.open()
    ada.say("yours?")
    bob.sees("yours?")
    bob.menu("yours?", "[data-emoji='👍']")
    ada.until(lambda: ada.text(".reaction").split() == ["👍", "1"])
    bob.find(".reaction[aria-pressed=true]")
    bob.run("document.querySelector('.more').click()")
    assert not bob.has("[data-action=edit]")
    assert not bob.has("[data-action=delete]")
    bob.press(Keys.ESCAPE)

    ada.click(".reaction")
    bob.until(lambda: bob.text(".reaction").split() == ["👍", "2"])
    bob.click(".reaction")
    ada.until(lambda: ada.text(".reaction").split() == ["👍", "1"])


def test_a_mention_stands_out(windows: tuple[Window, Window]) -> None:
    ada, bob = windows
    ada.open()
    bob.open()
    bob.call_me("Bob")
    bob.is_connected("websocket")
    ada.say("not you, bobby", "you, @bob!")
    bob.sees("not you, bobby", "you, @bob!")
    called = bob.driver.find_elements("css selector", ".message--mentioned .body")
    assert [element.text for element in called] == ["you, @bob!"]


def test_the_limit_is_counted_down_and_holds(window: Window) -> None:
    window.open()
    composer = window.find("#text")
    window.run("arguments[0].value = 'x'.repeat(3999)", composer)
    composer.send_keys("y")
    window.shows("#text-count", "0 characters left")
    composer.send_keys("z")
    window.shows("#text-count", "1 character too many")
    composer.send_keys(Keys.ENTER)
    assert len(composer.get_attribute("value") or "") == 4001
    composer.send_keys(Keys.BACKSPACE, Keys.ENTER)
    window.sees("x" * 3999 + "y")
