"""Links to rooms are below the server's base path."""

from chat.rooms.markup import render
from chat.rooms.room_links import with_base_path


def test_links_to_rooms_get_the_base_path_and_all_else_stays() -> None:
    html = render('#garden https://a.example/rooms/b `<a href="/rooms/c` <a href="/rooms/d">')
    assert with_base_path(html, "") == html
    below = with_base_path(html, "/chat")
    assert '<a href="/chat/rooms/garden"' in below
    assert below.replace("/chat/rooms/garden", "/rooms/garden") == html
