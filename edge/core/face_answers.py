"""When a platform's answer with photographs counts: asked, in time, agreed to, once (PIPL 29)."""

from datetime import datetime, timedelta
from typing import Final

from edge.core.consent import Consent, ConsentText

ASK: Final = "face-photographs"
"""Name of the question; people at the platform answer it, no program does."""
SKEW = timedelta(minutes=5)
"""How far the platform's clock may be ahead of a station's (house rule)."""
LONGEST = timedelta(days=7)
"""An answer that may be used for longer is refused: photographs wait nowhere (house rule)."""
CONSENT_FRESH = timedelta(days=30)
"""A consent that was given longer ago is asked for anew before a template is made (house rule)."""


def why_not_now(*, issued: datetime, expires: datetime, now: datetime) -> str:
    """Why an answer does not count at this time; empty when it does."""
    if now >= expires:
        return "face_answer_expired"
    if issued > now + SKEW:
        return "face_answer_not_yet"
    return "face_answer_lasts_too_long" if expires - issued > LONGEST else ""


def why_not_agreed(
    consent: Consent, text: ConsentText, *, withdrawn_at: datetime | None, now: datetime
) -> str:
    """Why a consent does not allow a template; empty when it does.

    text: the one text of consent that this station's people read; withdrawn_at: when the person
    last withdrew or agreed anew, None for never.
    """
    if consent.text != text:
        return "face_consent_text_unknown"
    if consent.at > now + SKEW:
        return "face_consent_not_yet"
    if consent.at < now - CONSENT_FRESH:
        return "face_consent_too_old"
    if withdrawn_at is not None and consent.at < withdrawn_at:
        return "face_consent_outdated"
    return ""
