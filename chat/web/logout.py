"""Signing out: nobody is this person any more, on any device, whoever has the cookie."""

from chat.requests.handler import Handler


class LogoutHandler(Handler):
    """Ends the identity of the person who asks."""

    async def post(self) -> None:
        """Answer when it holds: with JSON where that is wanted, else with the page."""
        access, backplane = self.dependencies.access, self.dependencies.backplane
        if not self.is_newcomer:
            self.dependencies.limits.sign_out(self.address)
            for block in access.to_lift():
                await backplane.block(block)
            await backplane.block(access.signing_out(self.person.user, self.address))
        self.forget()
        if "application/json" in self.request.headers.get("Accept", ""):
            self.send_json({})
        else:
            self.redirect(f"{self.dependencies.settings.base_path}/", status=303)
