"""Bytes to text by one fixed rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.wire.payload import payload_text

HANZI = "试块二维码C30-混凝土"


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (HANZI.encode(), HANZI),
        (HANZI.encode("gb18030"), HANZI),
        ("见证员：王某某".encode("gb18030"), "见证员：王某某"),
        ("试块\r\nC30".encode("gbk"), "试块\r\nC30"),
        ("石積籍績脊責赤跡".encode("shift_jis"), "石積籍績脊責赤跡"),
        ("*ﾃﾞｻﾞｲﾝQR*".encode("shift_jis"), "*ﾃﾞｻﾞｲﾝQR*"),
        (b"V1.ABC.-.K1.SIG", "V1.ABC.-.K1.SIG"),
        (b"", ""),
        (bytes(range(256)), None),
        ("Müller".encode("latin-1"), None),
        ("Straße 5".encode("latin-1"), None),
        (bytes.fromhex("010152c5e9d0e6ed0694212d6a04fdfd9c19229511363aed7b8c"), None),
    ],
)
def test_text_of_known_bytes(payload: bytes, text: str | None) -> None:
    assert payload_text(payload) == text


@given(st.text())
def test_utf8_comes_back_as_it_was(text: str) -> None:
    assert payload_text(text.encode()) == text


@given(st.binary(max_size=64))
def test_a_text_always_spells_the_same_bytes(payload: bytes) -> None:
    text = payload_text(payload)

    spelled = () if text is None else ("utf-8", "gb18030", "shift_jis")
    assert text is None or payload in {text.encode(name, "replace") for name in spelled}


@given(st.text(alphabet="试块混凝土见证收样标养室强度等级", min_size=2, max_size=40))
def test_words_of_the_trade_survive_gbk_unless_their_bytes_are_utf8(text: str) -> None:
    payload = text.encode("gbk")
    as_utf8 = payload.decode("utf-8", "replace")

    assert payload_text(payload) == (text if "\ufffd" in as_utf8 else as_utf8)
