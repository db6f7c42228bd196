"""One identity over the carriers at the desk: code and tag of a block agree, or it is taken out."""

import pytest
from bench import BLOCKS, Bench
from tapped import FIRST, STRANGE, SUN, UIDS, known_chips, tap

from edge.core.carriers import Carrier, Reading
from edge.core.codes import Code
from edge.core.intake import inputs
from edge.core.intake.state import Phase
from edge.core.intake.step import Outcome
from edge.core.nfc import (
    SignatureState,
    SunProof,
    SunState,
    TagFlaw,
)


def outcome(bench: Bench) -> tuple[Outcome, tuple[Code, ...]]:
    assert bench.intake.signal is not None
    return bench.intake.signal.outcome, bench.intake.signal.codes


def counted(bench: Bench) -> frozenset[str]:
    assert bench.intake.desk.delivery is not None
    return frozenset(bench.intake.desk.delivery.counted)


def test_a_tag_alone_counts_its_block() -> None:
    bench = known_chips()
    tap(bench, f"chip:{FIRST}@{UIDS[FIRST]}")
    assert outcome(bench) == (Outcome.OK, ())
    (told,) = bench.told("specimen.identified")
    assert (told["carrier"], told["uid"], told["verdict"]) == ("nfc", UIDS[FIRST], "ok")
    assert counted(bench) == {FIRST}


def test_a_tag_without_text_counts_the_block_that_it_is_registered_for() -> None:
    bench = known_chips()
    tap(bench)
    assert counted(bench) == {FIRST}


@pytest.mark.parametrize("tag_first", [True, False])
def test_code_and_tag_of_a_block_agree_and_it_counts_once(*, tag_first: bool) -> None:
    bench = known_chips()
    text = f"chip:{FIRST}@{UIDS[FIRST]}"
    if tag_first:
        tap(bench, text)
        bench.scan(text)
    else:
        bench.scan(text)
        tap(bench, text)
    assert outcome(bench) == (Outcome.OK, ())
    assert counted(bench) == {FIRST}
    (told,) = bench.told("specimen.carrier_read")
    assert told["carrier"] == ("qr" if tag_first else "nfc")
    assert bench.intake.desk.delivery is not None
    assert set(bench.intake.desk.delivery.blocks[0].carriers) == {Carrier.QR, Carrier.NFC}
    tap(bench, text)
    assert len(bench.told("specimen.carrier_read")) == 1
    assert outcome(bench)[0] is Outcome.ALREADY


def test_a_third_carrier_joins_too() -> None:
    bench = known_chips()
    text = f"chip:{FIRST}@{UIDS[FIRST]}"
    bench.scan(text)
    tap(bench, text)
    bench.clock.move(5)
    bench.intake.read(Reading("uhf", Carrier.RF, f"chip:{FIRST}".encode(), bench.clock.read()))
    assert [each["carrier"] for each in bench.told("specimen.carrier_read")] == ["nfc", "rf"]


@pytest.mark.parametrize("text", [f"chip:{FIRST}@{UIDS[FIRST]}", f"chip:{FIRST}"])
def test_content_copied_onto_another_tag_is_refused_and_takes_the_block_out(text: str) -> None:
    bench = known_chips()
    bench.scan(f"chip:{FIRST}@{UIDS[FIRST]}")
    tap(bench, text, uid=STRANGE)
    shown, codes = outcome(bench)
    assert shown in {Outcome.HOLD, Outcome.REFUSE, Outcome.ALARM}
    assert codes[0] is Code.CARRIERS_DISAGREE
    assert counted(bench) == frozenset()
    (told,) = bench.told("specimen.scan_refused")
    assert told["alarm"]
    facts = dict(told["facts"])
    assert facts["counted_uid"] == UIDS[FIRST]
    assert facts["counted_by"] == "qr"
    bench.scan(f"chip:{FIRST}@{UIDS[FIRST]}")
    assert counted(bench) == frozenset()


def test_another_tag_with_the_content_of_a_counted_one_takes_the_block_out() -> None:
    """The carrier was read before: that it names another chip now is news all the same."""
    bench = known_chips()
    tap(bench, f"chip:{FIRST}")
    assert counted(bench) == {FIRST}
    tap(bench, f"chip:{FIRST}", uid=STRANGE)
    assert outcome(bench)[1][0] is Code.CARRIERS_DISAGREE
    assert counted(bench) == frozenset()


def test_a_code_that_names_another_tag_than_the_registry_is_not_counted() -> None:
    bench = known_chips()
    bench.scan(f"chip:{FIRST}@{STRANGE}")
    assert outcome(bench)[1] == (Code.CARRIERS_DISAGREE,)
    assert counted(bench) == frozenset()


def test_a_block_that_was_taken_out_closes_nothing() -> None:
    bench = known_chips()
    for block in BLOCKS:
        bench.scan(f"chip:{block}@{UIDS[block]}")
    tap(bench, f"chip:{FIRST}", uid=STRANGE)
    bench.touch(inputs.ScanFinished())
    assert bench.phase() is Phase.INSPECT
    assert counted(bench) == set(BLOCKS) - {FIRST}


@pytest.mark.parametrize(
    ("proof", "signature", "wanted"),
    [
        (SunProof(SunState.VALID, UIDS[FIRST], 7), SignatureState.ABSENT, ()),
        (SunProof(SunState.BAD_MAC), SignatureState.VALID, (Code.CODE_FORGED,)),
        (SunProof(SunState.VALID, STRANGE, 7), SignatureState.VALID, (Code.CARRIERS_DISAGREE,)),
    ],
)
def test_what_a_tag_proves_for_this_tap_counts(
    proof: SunProof, signature: SignatureState, wanted: tuple[Code, ...]
) -> None:
    bench = known_chips()
    bench.tag_keys.proof, bench.tag_keys.signature = proof, signature
    tap(bench, sun=SUN)
    assert outcome(bench)[1][:1] == wanted
    assert counted(bench) == (frozenset() if wanted else {FIRST})


def test_a_message_that_was_shown_before_is_a_replay_even_after_a_restart() -> None:
    bench = known_chips()
    bench.tag_keys.proof = SunProof(SunState.VALID, UIDS[FIRST], 7)
    tap(bench, sun=SUN)
    bench.touch(inputs.ScanUndone())
    bench.restart()
    tap(bench, sun=SUN)
    assert outcome(bench)[1][0] is Code.CLONE_SUSPECT
    assert counted(bench) == frozenset()
    bench.tag_keys.proof = SunProof(SunState.VALID, UIDS[FIRST], 9)
    tap(bench, sun=SUN)
    assert counted(bench) == {FIRST}


def test_a_tag_without_the_makers_signature_is_a_level_and_no_refusal() -> None:
    bench = known_chips()
    bench.tag_keys.signature = SignatureState.UNKNOWN_KEY
    tap(bench, f"chip:{FIRST}@{UIDS[FIRST]}")
    assert counted(bench) == {FIRST}
    assert bench.told("specimen.identified")[0]["verdict"] == "unknown_key"


def test_an_unreadable_tag_that_nobody_knows_is_said() -> None:
    bench = known_chips()
    tap(bench, uid=STRANGE, flaw=TagFlaw.UNREADABLE)
    assert outcome(bench) == (Outcome.WARN, (Code.CHIP_UNREADABLE,))
    tap(bench, flaw=TagFlaw.EMPTY)
    assert counted(bench) == {FIRST}


def test_a_badge_on_a_tag_logs_in() -> None:
    bench = Bench()
    tap(bench, "badge:receiver-1")
    assert bench.phase() is Phase.READY


def test_a_block_tapped_without_a_delivery_is_not_now() -> None:
    bench = Bench()
    bench.scan("badge:receiver-1")
    tap(bench, f"chip:{FIRST}")
    assert outcome(bench) == (Outcome.WARN, (Code.NOT_NOW,))
