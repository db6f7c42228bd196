"""The optional face engine: YuNet finds, an operator's network encodes; the door to OpenVINO."""

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.faces import DESK, Box, Described, Flaw, Limits, Vector
from edge.devices.face.centring import centring_of
from edge.devices.face.covering import Point
from edge.devices.face.engine import Aligned, Found, Posture, describe, measured
from edge.devices.face.models import OptionalPaths
from edge.devices.face.populations import Population, optional_engine_id
from edge.devices.pixels import Picture

_FIND_AT_PX = (320, 480, 1280)
"""Long sides at which faces are looked for; at the desk the last is left out: it finds faces that
are too small anyway, and takes 44 MB."""
_SURE, _DOUBTFUL = 0.7, 0.3
_OVERLAP, _MOST = 0.3, 50
_CROP_PX = 128
_REFERENCE = _CROP_PX * np.array(
    [
        (0.31556875, 0.46157410),
        (0.68262292, 0.46157410),
        (0.50026249, 0.64050540),
        (0.34947187, 0.82469196),
        (0.65343646, 0.82325089),
    ]
)
"""Where the network wants eyes, nose and corners of the mouth."""
_SCALES = (1.06, 0.94)
"""Two crops of one face: of 500 genuine pairs at FMR 1e-3 they lose 2.1 % where one loses 2.5 %."""
_CHIP_PX = 150
_CHIP_EYES = 0.355
"""Share of the face's square between the eyes: the gates measure the same crop for each engine."""
_CHIP_EYES_DOWN = 0.42
_FRONTAL_DROP = 0.565


class OpenvinoEngine:
    """Vectors are centred on a population and of length 1; small and quick beside the built-in."""

    def __init__(self, models: OptionalPaths, population: Population) -> None:
        cv2.setNumThreads(1)
        # OpenCV 5 warns that its new graph engine takes no target; there is one, the processor.
        previous = cv2.utils.logging.getLogLevel()
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
        # Its stubs do not know that it answers None when there is no face.
        self._finder: Any = cv2.FaceDetectorYN.create(
            str(models.finder), "", (320, 320), _SURE, _OVERLAP, _MOST
        )
        cv2.utils.logging.setLogLevel(previous)
        self._runtime = _runtime()
        core = self._runtime.Core()
        settings = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1}
        compiled = core.compile_model(core.read_model(models.layout), "CPU", settings)
        self._request = compiled.create_infer_request()
        self._centring = centring_of(population)
        self.engine_id = optional_engine_id(population)

    def find(self, bgr: Picture, *, alone: bool = False, faint: bool = False) -> Found | None:
        """The largest face. Small pictures first; `alone` looks at every size."""
        long_side = max(bgr.shape[:2])
        sides = _FIND_AT_PX if alone or faint else _FIND_AT_PX[:-1]
        sizes = sorted({min(side, long_side) for side in sides})
        found: Found | None = None
        for limit in (_SURE, _DOUBTFUL) if faint else (_SURE,):
            for side in sizes:
                if found is not None and not alone:
                    return found
                found = self._find(bgr, side / long_side, limit) or found
            if found is not None:
                return found
        return found

    def align(self, bgr: Picture, found: Found) -> Aligned:
        """The face at two sizes, blue first, eyes level."""
        points = np.array(found.points)
        upright = _similarity(points, _REFERENCE)
        crops = tuple(_warped(bgr, _scaled(upright, scale), _CROP_PX) for scale in _SCALES)
        ordered = sorted(found.points[:2])
        posture = Posture((ordered[0], ordered[1]), found.points[2], _FRONTAL_DROP)
        grey = _chip(bgr, points)
        side = float(np.linalg.norm(points[0] - points[1])) / _CHIP_EYES
        return Aligned(crops, posture.eyes, measured(found, grey, face_px=side, posture=posture))

    def raws(self, aligned: Aligned, *, mirrored: bool = False) -> NDArray[np.float64]:
        """What the network says of both crops; mirror images gain nothing here."""
        del mirrored
        return np.array([self._raw(crop) for crop in aligned.crops])

    def encode(self, aligned: Aligned, *, mirrored: bool = False) -> Vector:
        """The vector of an aligned face."""
        return tuple(self._centring.joined(self.raws(aligned, mirrored=mirrored)).tolist())

    def describe(
        self, bgr: Picture, limits: Limits = DESK, *, mirrored: bool = False
    ) -> Described | Flaw:
        """The face of a picture as a vector, or the first reason why it does not count."""
        return describe(self, bgr, limits, mirrored=mirrored)[0]

    def _find(self, bgr: Picture, scale: float, limit: float) -> Found | None:
        small = bgr
        if scale < 1:
            small = np.asarray(
                cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
            )
        self._finder.setInputSize((small.shape[1], small.shape[0]))
        self._finder.setScoreThreshold(limit)
        told = self._finder.detect(small)[1]
        if told is None or len(told) == 0:
            return None
        widest = sorted(told, key=lambda face: float(face[2]), reverse=True)
        if limit < _SURE:
            widest = [max(told, key=lambda face: float(face[14]))]
        return _found(widest, scale)

    def _raw(self, crop: Picture) -> NDArray[np.float64]:
        planes = np.ascontiguousarray(crop.transpose(2, 0, 1)[None].astype(np.float32))
        self._request.start_async({0: self._runtime.Tensor(planes)}, None)
        self._request.wait()
        raw = np.array(self._request.get_output_tensor().data, np.float64).ravel()
        return np.asarray(raw / np.linalg.norm(raw), np.float64)


def _runtime() -> Any:  # OpenVINO's compiled part has no types
    """OpenVINO without its Python front, which builds networks: 22 MB of which nothing is used."""
    spec = None if "openvino" in sys.modules else find_spec("openvino")
    if spec is None:
        return import_module("openvino")
    sys.modules["openvino"] = module_from_spec(spec)
    try:
        return import_module("openvino._pyopenvino")
    finally:
        del sys.modules["openvino"]


def _found(widest: list[NDArray[np.float32]], scale: float) -> Found:
    first = [float(value) / scale for value in widest[0][:14]]
    beside = float(widest[1][2] / widest[0][2]) if len(widest) > 1 else 0.0
    points = tuple(Point(first[place], first[place + 1]) for place in range(4, 14, 2))
    return Found(Box(*(round(side) for side in first[:4])), beside, points)


def _similarity(points: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn, size and shift that bring points nearest to where they are wanted, 2 x 3."""
    middle, goal = points.mean(axis=0), wanted.mean(axis=0)
    one, other = points - middle, wanted - goal
    spread = (one**2).sum()
    real = (one * other).sum() / spread
    turned = (one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]).sum() / spread
    matrix = np.array([[real, -turned], [turned, real]])
    return np.hstack([matrix, (goal - matrix @ middle)[:, None]])


def _scaled(upright: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """The same, larger or smaller about the middle of the crop."""
    scaled = scale * upright
    scaled[:, 2] += (1 - scale) * _CROP_PX / 2
    return scaled


def _warped(bgr: Picture, matrix: NDArray[np.float64], side: int) -> Picture:
    return np.asarray(cv2.warpAffine(bgr, matrix, (side, side), flags=cv2.INTER_LINEAR), np.uint8)


def _chip(bgr: Picture, points: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The upright grey face on which sharpness and light are measured."""
    left, right = (1 - _CHIP_EYES) / 2, (1 + _CHIP_EYES) / 2
    eyes = sorted(points[:2].tolist())
    wanted = _CHIP_PX * np.array([(left, _CHIP_EYES_DOWN), (right, _CHIP_EYES_DOWN)])
    face = _warped(bgr, _similarity(np.array(eyes), wanted), _CHIP_PX)
    return np.asarray(cv2.cvtColor(face, cv2.COLOR_BGR2GRAY), np.uint8)
