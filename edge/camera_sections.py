"""Sections of the settings for what looks at people and codes: the camera and the face check."""

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from edge.core.face_judging import Terms
from edge.core.liveness import Means, Proof
from edge.sections import FilePath, Place, Seconds, Section, Words


class Camera(Section):
    """A camera: index, device path, video file, `shots/%03d.jpg` or loopback MJPEG URL."""

    source: Place | None = None
    width: int = Field(default=1280, ge=320, le=4096)
    height: int = Field(default=720, ge=240, le=2160)


class Face(Section):
    """The face check: `agree` of the last `window` frames within `limit_s` name one person.

    `engine` is the built-in `dlib`, or `openvino` with the operator's networks; `population` names
    whom it is calibrated for, or a file of `face calibrate`; `target_fmr` picks the threshold, how
    often strangers may match; `threshold` replaces it, 0..1, after measuring on this site's own
    people. `liveness`: `auto` is the networks where they lie in the model directory, else a
    challenge. After `lockout_after` failures in a row within ten minutes faces rest for
    `lockout_s`. Templates last `valid_days`; from `remind_days` before, new photographs are
    asked for. `audit_crops` keeps the face of every check, encrypted, for `audit_days`; off by
    default. `from_platform` takes photographs from the platform's answers, sealed to `answer_key`;
    off by default.
    """

    enabled: bool = True
    engine: Literal["dlib", "openvino"] = "dlib"
    population: Words = "east-asian"
    target_fmr: float = Field(default=1e-3, gt=0, lt=1)
    liveness: Literal["auto", "network", "challenge", "none"] = "auto"
    lockout_after: int = Field(default=5, ge=2, le=50)
    lockout_s: Seconds = 300.0
    valid_days: int = Field(default=365, ge=1, le=365)
    remind_days: int = Field(default=30, ge=0, le=365)
    audit_crops: bool = False
    audit_days: int = Field(default=7, ge=1, le=30)
    threshold: float | None = Field(default=None, gt=0, lt=1)
    agree: int = Field(default=3, ge=1, le=10)
    window: int = Field(default=5, ge=1, le=20, validate_default=True)
    limit_s: Seconds = 10.0
    deadline_s: Seconds = 2.0
    key: FilePath | None = None
    from_platform: bool = False
    answer_key: FilePath | None = None

    @field_validator("window")
    @classmethod
    def _wide_enough(cls, window: int, info: ValidationInfo) -> int:
        agree = info.data.get("agree", 1)
        if window < agree:
            raise PydanticCustomError("greater_than_equal", "too narrow", {"ge": agree})
        return window

    def terms(self, *, threshold: float, margin: float, proof: Proof | None = None) -> Terms:
        """What makes a match; threshold and margin are those of the population, 0..1.

        A challenge has twice the time: the person acts.
        """
        wanted = proof or Proof()
        slower = 2 if wanted.means is Means.CHALLENGE else 1
        return Terms(
            threshold=self.threshold or threshold,
            margin=margin,
            agree=self.agree,
            window=self.window,
            limit_s=self.limit_s * slower,
            proof=wanted,
        )
