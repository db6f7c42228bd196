"""What a picture is among devices: eight bits a channel, rows x columns."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Picture: TypeAlias = NDArray[np.uint8]
"""Height x width x 3, blue first."""
Grey: TypeAlias = NDArray[np.uint8]
"""Height x width."""
