"""Answering questions of stations (step 12): an unknown commission, a page of reference data."""

from collections.abc import Mapping
from typing import Any, Final

from edge.central.reference import Reference
from edge.core.commission import Commission
from edge.core.errors import DecodeError
from edge.core.plain_text import is_plain
from edge.ports import Clock, Signer
from edge.wire.convert import converter
from edge.wire.downlink import Answer, Ask, sign_message
from edge.wire.reference import SetName
from edge.wire.topics import Station, answer_topic, ask_topic, page_topic, parse_topic

NEWEST_EVER: Final = 2**31 - 1
"""No column of a store takes a larger version, and no set ever has one."""
Said = tuple[str, bytes]
"""Topic and payload."""


class Answers:
    """Every question is answered, an unknown one with an error."""

    def __init__(self, *, reference: Reference, clock: Clock, signer: Signer) -> None:
        self._reference = reference
        self._clock = clock
        self._signer = signer

    def answer(self, station: Station, ask: Ask) -> Said:
        """The signed answer, or the page that was asked for.

        Raises DecodeError where `corr` or the question's name is no level of a topic, and where
        the answer is wanted elsewhere.
        """
        topic = answer_topic(station, ask.corr)
        for each in (topic, ask_topic(station, ask.name)):
            parse_topic(each)
        if ask.reply_to not in {"", topic}:
            raise DecodeError("reply_to_of_another", corr=ask.corr)
        match ask.name:
            case "commission":
                return topic, self._sign(station, ask, self._commission(ask.data))
            case "ref-page":
                return self._page(station, ask) or (
                    topic,
                    self._sign(station, ask, {"error": "no_such_page"}),
                )
            case _:
                return topic, self._sign(station, ask, {"error": "unknown_question"})

    def _commission(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """A commission by a form's code; another lab's too, so that the desk can say so."""
        form = data.get("form")
        if not isinstance(form, str) or not is_plain(form):
            return {"form": "", "commission": None}
        rows = self._reference.find(SetName.COMMISSIONS, f"form:{form}")
        found = next((row for row in rows if isinstance(row, Commission)), None)
        return {"form": form, "commission": converter.unstructure(found) if found else None}

    def _page(self, station: Station, ask: Ask) -> Said | None:
        try:
            name = SetName(ask.data["set"])
            version, number = int(ask.data["version"]), int(ask.data["page"])
        except (KeyError, ValueError, TypeError, OverflowError):
            return None
        if not 0 < version <= NEWEST_EVER:
            return None
        page = self._reference.page(station.lab, name, version, number)
        if page is None:
            return None
        return page_topic(station, name, version=version, number=number), page

    def _sign(self, station: Station, ask: Ask, data: Mapping[str, Any]) -> bytes:
        answer = Answer(station.name, ask.corr, ask.name, self._clock.now(), data)
        return sign_message(answer, key_id=self._signer.key_id, sign=self._signer.sign)
