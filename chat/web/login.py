"""Changing one's name: guests need no login, and may choose any valid name that no member has."""

from chat.protocol.pushes import PresentPerson, skeleton_of
from chat.web.account_handler import AccountHandler
from chat.web.accounts import rename


class LoginHandler(AccountHandler):
    """Gives the user another name; their id stays."""

    async def post(self) -> None:
        """Set the name in the form field ``name``; answer with JSON on request, else redirect."""
        await rename(self, self.form_fields.get("name", ""))
        if "application/json" in self.request.headers.get("Accept", ""):
            user, name = self.person.user, self.person.name
            self.send_json(PresentPerson(user=user, name=name, skeleton=skeleton_of(name)))
        else:
            self.redirect(f"{self.dependencies.settings.base_path}/", status=303)
