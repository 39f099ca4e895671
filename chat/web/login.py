"""Changing one's name: guests need no login, and may choose any valid name."""

from chat.protocol.pushes import Person, PresentPerson, skeleton_of
from chat.requests.handler import Handler
from chat.rooms.names import check_name


class LoginHandler(Handler):
    """Gives the user another name; their id stays."""

    def post(self) -> None:
        """Set the name in the form field ``name``; answer with JSON on request, else redirect."""
        name = check_name(self.form_fields.get("name", ""))
        self.set_identity(Person(user=self.person.user, name=name))
        if "application/json" in self.request.headers.get("Accept", ""):
            user, looks = self.person.user, skeleton_of(name)
            self.send_json(PresentPerson(user=user, name=name, skeleton=looks))
        else:
            self.redirect(f"{self.dependencies.settings.base_path}/", status=303)
