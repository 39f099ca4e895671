"""Capabilities are taken all or none."""

from chat.protocol.irc import capabilities as caps


def test_values_are_only_for_those_who_know_of_them() -> None:
    assert "sasl=PLAIN" in caps.listed(has_values=True).split()
    assert "sasl" in caps.listed(has_values=False).split()


def test_the_list_fits_into_a_line() -> None:
    frame = ":irc.parley CAP " + "n" * 64 + " LS :\r\n"
    assert len(frame + caps.listed(has_values=True)) <= 512


def test_a_request_is_granted_whole() -> None:
    assert caps.changed({"batch"}, "server-time -batch") == {"server-time"}
    assert caps.changed({"batch"}, "server-time what") is None
    assert caps.changed(set(), "-batch") == set()
