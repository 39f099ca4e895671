"""Taking a name in place: guests are in from the start, and may be called what they like."""

from chat.protocol.pushes import Person, PresentPerson, skeleton_of
from chat.requests.handler import Handler
from chat.rooms.names import check_name


class LoginHandler(Handler):
    """Gives the person who asks another name; who they are stays."""

    def post(self) -> None:
        """Take the form field ``name``; answer JSON where it is wanted, else the page."""
        name = check_name(self.form_fields.get("name", ""))
        self.know_as(Person(user=self.person.user, name=name))
        if "application/json" in self.request.headers.get("Accept", ""):
            user, looks = self.person.user, skeleton_of(name)
            self.send_json(PresentPerson(user=user, name=name, skeleton=looks))
        else:
            self.redirect(f"{self.dependencies.settings.base_path}/", status=303)
