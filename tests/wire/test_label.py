"""Labels: what is printed can be read back, and stands in its margins."""

import xml.etree.ElementTree as ET

import cv2
import numpy as np
import pytest
import zxingcpp

from edge.core.errors import DecodeError
from edge.wire.label import MARGIN_MODULES, Label, label, label_png, label_svg

SHORT, LONG = "C1.IN.K1.ABCDEFGH", "V1." + "A" * 144


@pytest.mark.parametrize(("text", "level"), [(SHORT, "H"), (LONG, "M")])
def test_level_is_high_where_the_label_has_room(text: str, level: str) -> None:
    assert label(text).level == level
    assert label(text, high_up_to=40).level == "H"
    assert label(text, high_up_to=0).level == "M"


@pytest.mark.parametrize("text", ["lower", "试块", "A" * 5000, ""])
def test_text_that_cannot_be_a_label_is_refused(text: str) -> None:
    with pytest.raises(DecodeError, match="label_impossible"):
        label(text)


@pytest.mark.parametrize("text", [SHORT, LONG])
def test_a_printed_png_is_read_back(text: str) -> None:
    picture = cv2.imdecode(np.frombuffer(label_png(label(text)), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    assert picture.shape == (label(text).side_modules * 8,) * 2
    assert [code.text for code in zxingcpp.read_barcodes(picture)] == [text]


def test_an_outline_and_a_quiet_zone_surround_the_symbol() -> None:
    of = label(SHORT)
    rows = of.rows()
    assert {len(row) for row in rows} == {len(rows)} == {of.side_modules}
    assert all(rows[0])
    assert all(row[0] and row[-1] for row in rows)
    assert not any(any(row[1:-1]) for row in rows[1:MARGIN_MODULES])
    assert not any(any(row[1:MARGIN_MODULES]) for row in rows[1:-1])


def _dark_squares(svg: str) -> int:
    path = ET.fromstring(svg).find("{http://www.w3.org/2000/svg}path")  # noqa: S314 - our own text
    assert path is not None
    return path.attrib["d"].count("M")


def test_the_svg_draws_every_dark_module_and_escapes_the_caption() -> None:
    of: Label = label(SHORT)
    svg = label_svg(of, module_mm=0.4, caption="a<b")
    assert _dark_squares(svg) == sum(map(sum, of.rows()))
    assert f'width="{of.side_modules * 0.4:g}mm"' in svg
    assert "a&lt;b" in svg
