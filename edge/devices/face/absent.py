"""A station without a face engine: every deliverer takes the face-free path of equal rank."""

from edge.core.people import Person


class NoFaceEngine:
    """Answers the face port honestly: nobody can be recognised here."""

    def begin(self, people: tuple[Person, ...]) -> bool:
        """Nobody is looked at."""
        del people
        return False

    def end(self) -> None:
        """Nothing was begun."""
