"""Chooses the language of an answer. Pure."""

from collections.abc import Collection

from chat.http.encodings import weighed


def choose_language(accepted: str, among: Collection[str]) -> str | None:
    """Return the language an Accept-Language header prefers (RFC 9110 section 12.5.4), or None.

    A tag means also what is said in a larger area: who prefers ``de-AT`` reads ``de`` (RFC 4647
    section 3.4).
    """
    by_tag = {tag.lower(): tag for tag in among}
    wanted = sorted(
        (weighed(part) for part in accepted.lower().split(",")),
        key=lambda tag_and_weight: -tag_and_weight[1],
    )
    for tag, weight in wanted:
        while tag and weight > 0:
            if tag in by_tag:
                return by_tag[tag]
            tag = tag.rpartition("-")[0]
    return None
