"""Hearing (step 12): the platform's answers and decisions, verified, become inputs of the desk."""

import json
from collections.abc import Callable
from dataclasses import replace

from edge.core.commission import Commission
from edge.core.documents import Document
from edge.core.errors import DecodeError, StorageError
from edge.flows.intake import Intake
from edge.ports import Inbox, Journal, Store
from edge.wire.convert import structure
from edge.wire.downlink import Answer, Downlink

ASK, OPEN, DONE = "ask", "open", "done"


class Hearing:
    """Reads what the shipper brought down; only what verifies reaches the desk."""

    def __init__(
        self,
        intake: Intake,
        *,
        inbox: Inbox,
        store: Store,
        downlink: Downlink,
        decisions_mark: Callable[[], object],
        journal: Journal,
    ) -> None:
        self._intake = intake
        self._inbox = inbox
        self._store = store
        self._downlink = downlink
        self._decisions_mark = decisions_mark
        self._journal = journal
        self._position = 0
        self._decided_by: object = object()
        self._obstacle = ""

    def hear(self) -> bool:
        """Take in everything new; whether something was heard that may have changed the desk.

        A store that cannot be read is noted once and tried again: the desk works without it.
        """
        try:
            heard = self._hear_news()
        except StorageError as error:
            if str(error) != self._obstacle:
                self._journal.warning("hear.store", error=str(error))
            self._obstacle = str(error)
            return False
        self._obstacle = ""
        return heard

    def _hear_news(self) -> bool:
        asked = self._store.documents(ASK, phases=(OPEN,))
        heard = self._hear_answers(asked) if asked else False
        mark = self._decisions_mark()
        if mark != self._decided_by:
            self._intake.hear_decisions()
            self._decided_by = mark
            heard = True
        return heard

    def _hear_answers(self, asked: tuple[Document, ...]) -> bool:
        questions = {f"ans/{each.id}": each for each in asked}
        heard = False
        for position, tail, payload in self._inbox.after(self._position):
            self._position = position
            if tail in questions:
                heard = self._hear_answer(questions[tail], payload) or heard
        moot = [each for each in asked if _form_of(each) != self._intake.desk.asking]
        if moot:
            self._store.commit(documents=tuple(replace(each, phase=DONE) for each in moot))
        return heard

    def _hear_answer(self, question: Document, payload: bytes) -> bool:
        form = _form_of(question)
        try:
            answer = self._downlink.open(payload, Answer)
            row = answer.data.get("commission")
            commission = None if row is None else structure(row, Commission)
        except DecodeError as error:
            self._journal.warning("answer.refused", error=str(error))
            return False
        is_ours = answer.corr == question.id and answer.data.get("form") == form
        if not is_ours or form is None:
            self._journal.warning("answer.unasked", corr=answer.corr)
            return False
        self._intake.answer_form(form, commission)
        return True


def _form_of(question: Document) -> str | None:
    form = json.loads(question.body).get("data", {}).get("form")
    return form if isinstance(form, str) else None
