"""Taking a name in place: guests are in from the start, and may be called what they like."""

from chat.handler import Handler
from chat.protocol.pushes import Person
from chat.rooms.texts import check_name


class LoginHandler(Handler):
    """Gives the person who asks another name; who they are stays."""

    def post(self) -> None:
        """Take the form field ``name``; answer JSON where it is wanted, else the page."""
        person = Person(user=self.person.user, name=check_name(self.form_field("name")))
        self.know_as(person)
        if "application/json" in self.request.headers.get("Accept", ""):
            self.send_json(person)
        else:
            self.redirect("/", status=303)
