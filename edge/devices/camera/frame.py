"""One picture of the live camera with its number and its instant; step 1 of the path."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from edge.core.moments import Instant
from edge.devices.pixels import Grey, Picture


@dataclass(frozen=True, eq=False)
class Frame:
    """A picture as taken; `number` grows by one a frame and never starts again."""

    number: int
    bgr: Picture
    taken: Instant

    @cached_property
    def grey(self) -> Grey:
        """The picture in grey, computed once."""
        return np.asarray(cv2.cvtColor(self.bgr, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
