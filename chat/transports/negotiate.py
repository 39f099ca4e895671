"""Offers the transports to try, best first, with the reason for each rank."""

import msgspec

from chat.protocol.negotiation import Answer, Question
from chat.requests.handler import Handler


class NegotiateTransport(Handler):
    """Ranks the transports for this client. Uses no store, so it works while the store is down."""

    def post(self) -> None:
        question = self.json_as(Question)
        session = self.own_session(question.session)
        self.dependencies.metrics.failed(question.failed)
        terms = msgspec.structs.asdict(self.terms(question.can, question.failed, session))
        if session is None:
            session = self.dependencies.attachments.new_session(self.person.user)
        self.send_json(Answer(session=session, **terms))
