"""A station without a face engine: every deliverer takes the face-free path of equal rank."""

from edge.core.events import FaceScore
from edge.core.people import Person


class NoFaceEngine:
    """Answers the face port honestly: nobody was looked at, so there is no score."""

    def check(self, people: tuple[Person, ...]) -> tuple[Person | None, FaceScore | None]:
        """No person and no score."""
        del people
        return None, None
