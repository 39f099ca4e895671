"""Every code has what goes with it."""

from chat.protocol.codes import DISCONNECTS, HTTP_STATUS, Code


def test_every_code_has_an_http_status_that_says_whose_fault_it_is() -> None:
    assert set(HTTP_STATUS) == set(Code)
    assert {code for code, status in HTTP_STATUS.items() if status >= 500} == {Code.UNAVAILABLE}


def test_disconnects_are_told_apart_and_fit_a_close_frame() -> None:
    assert len({disconnect.code for disconnect in DISCONNECTS}) == len(DISCONNECTS)
    for code, reason in DISCONNECTS:
        assert 4000 <= code <= 4999
        assert 0 < len(reason.encode()) <= 123
