"""Sound through ALSA's own player: tones as a WAV, made here, so that no browser is needed."""

import math
import shutil
import struct
import subprocess
from collections.abc import Iterable

RATE_HZ = 22_050
FADE_S = 0.004
LOUDNESS = 0.6
TIMEOUT_S = 5.0
Tones = Iterable[tuple[int, int]]
"""Runs of (hertz, milliseconds); 0 hertz is silence."""


def wav_of(tones: Tones) -> bytes:
    """A mono 16-bit WAV file; each tone fades in and out so that it does not click."""
    samples: list[int] = []
    for hertz, milliseconds in tones:
        count = RATE_HZ * milliseconds // 1000
        fade = max(1, int(RATE_HZ * FADE_S))
        for index in range(count):
            edge = min(1.0, index / fade, (count - index) / fade)
            wave = math.sin(2 * math.pi * hertz * index / RATE_HZ) if hertz else 0.0
            samples.append(round(32_767 * LOUDNESS * edge * wave))
    data = struct.pack(f"<{len(samples)}h", *samples)
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + len(data),
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        RATE_HZ,
        RATE_HZ * 2,
        2,
        16,
        b"data",
        len(data),
    )
    return head + data


class AlsaSounder:
    """Plays tones with `aplay`; a machine without it stays silent and says so."""

    def __init__(self) -> None:
        self._program = shutil.which("aplay")
        self._made: dict[tuple[tuple[int, int], ...], bytes] = {}

    @property
    def is_there(self) -> bool:
        """Whether anything can be played."""
        return self._program is not None

    def play(self, tones: tuple[tuple[int, int], ...]) -> bool:
        """Play to the end; whether it was heard, as far as the system says."""
        if self._program is None:
            return False
        if tones not in self._made:
            self._made[tones] = wav_of(tones)
        try:
            played = subprocess.run(  # noqa: S603 - a program found on PATH, no shell
                (self._program, "-q", "-"),
                input=self._made[tones],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return played.returncode == 0
