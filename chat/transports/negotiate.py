"""What to try, best first, with the reason for each rank."""

from chat.errors import InvalidInput
from chat.negotiation.ranking import rank
from chat.protocol.codes import Code
from chat.protocol.negotiation import Answer, Question
from chat.requests.handler import Handler


class NegotiateTransport(Handler):
    """Ranks the transports for this client. Asks no store, so it answers while that is away."""

    def post(self) -> None:
        question = self.json_as(Question)
        session = self.own_session(question.session)
        self.dependencies.metrics.told(question.failed)
        offers = rank(self.evidence(question.can, question.failed, session))
        if not offers:
            known = ", ".join(self.dependencies.settings.transports)
            raise InvalidInput(Code.BAD_COMMAND, f"Nothing in common: we offer {known}.")
        self.dependencies.metrics.offered(offers)
        self.send_json(
            Answer(
                session=session or self.dependencies.attachments.new_session(self.person.user),
                network=self.network,
                heartbeat_s=self.dependencies.settings.heartbeat_s,
                poll_hold_s=self.dependencies.settings.poll_hold_s,
                transports=offers,
            )
        )
