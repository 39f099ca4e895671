"""Signing out: ends this device, or the identity of a guest who has no other."""

from chat.web.account_handler import AccountHandler


class LogoutHandler(AccountHandler):
    """Signs the user out here."""

    async def post(self) -> None:
        """Sign out, and answer once that is stored: with JSON on request, else a redirect."""
        if not self.is_newcomer:
            await self.dependencies.accounts.devices.sign_out(self.person, self.address)
        self.forget()
        if "application/json" in self.request.headers.get("Accept", ""):
            self.send_json({})
        else:
            self.redirect(f"{self.dependencies.settings.base_path}/", status=303)
