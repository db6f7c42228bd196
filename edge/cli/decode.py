"""`specimen-edge decode`: the codes in image files, one line a file."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.core.errors import DecodeError
from edge.wire.payload import payload_text

if TYPE_CHECKING:
    from edge.devices.qr.cascade import QrReader
    from edge.devices.qr.engine import CodeRead

_INSTALL = 'decode needs the camera extra: pip install "specimen-edge[camera]"'


@dataclass(frozen=True, slots=True)
class _Answer:
    file: str
    codes: "tuple[CodeRead, ...]"
    ms: float
    error: str = ""


def decode(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Pictures to read.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line per file.")] = False,
) -> None:
    """Read the QR codes in image files.

    Exit status: 0 all files opened and a code read; 1 a file that does not open, or no code
    at all; 2 wrong use, or no engine installed.

    Example: specimen-edge decode --json label-1.jpg label-2.png
    """
    reader = _reader()
    answers = []
    for answer in _answers(reader, files):
        answers.append(answer)
        if answer.error:
            typer.echo(f"{_printable(answer.file)}: {answer.error}", err=True)
        if as_json:
            typer.echo(json.dumps(_document(answer)))
        elif not answer.error:
            typer.echo("\n".join(_lines(answer)))
    opened = all(not answer.error for answer in answers)
    found = any(answer.codes for answer in answers)
    raise typer.Exit(0 if opened and found else 1)


def _reader() -> "QrReader":
    """The reader with its engines; what is missing is said once on stderr."""
    try:
        from edge.devices.qr.cascade import QrReader  # noqa: PLC0415 - the extra may be absent
    except ImportError as error:
        typer.echo(_INSTALL, err=True)
        raise typer.Exit(2) from error
    reader = QrReader()
    for engine in reader.missing:
        typer.echo(f"without {engine.name}: {engine.remedy}", err=True)
    if not reader.engines:
        raise typer.Exit(2)
    return reader


def _answers(reader: "QrReader", files: list[Path]) -> Iterator[_Answer]:
    from edge.devices.qr.images import load_grey  # noqa: PLC0415 - the extra may be absent

    for file in files:
        start_ns = time.perf_counter_ns()
        try:
            codes = reader.read_still(load_grey(file))
        except DecodeError as error:
            why = str(error.facts.get("why", error))
            yield _Answer(str(file), (), _ms_since(start_ns), why)
        else:
            yield _Answer(str(file), codes, _ms_since(start_ns))


def _ms_since(start_ns: int) -> float:
    return round((time.perf_counter_ns() - start_ns) / 1e6, 2)


def _document(answer: _Answer) -> dict[str, Any]:
    codes = [
        {
            "text": payload_text(code.payload),
            "hex": code.payload.hex(),
            "symbology": code.symbology,
            "engine": code.engine,
            "quad": [[round(x, 1), round(y, 1)] for x, y in code.quad],
            "ms": round(code.found_ms, 2),
        }
        for code in answer.codes
    ]
    document = {"file": answer.file, "codes": codes, "ms": answer.ms}
    return document | {"error": answer.error} if answer.error else document


def _lines(answer: _Answer) -> Iterator[str]:
    file = _printable(answer.file)
    for code in answer.codes:
        text = payload_text(code.payload)
        shown = f"bytes {code.payload.hex()}" if text is None else _printable(text)
        yield f"{file}: {shown} ({code.symbology}, {code.engine}, {code.found_ms:.0f} ms)"
    if not answer.codes:
        yield f"{file}: no code read ({answer.ms:.0f} ms)"


def _printable(text: str) -> str:
    """Strangers' text for a terminal: control characters are shown, never sent."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
