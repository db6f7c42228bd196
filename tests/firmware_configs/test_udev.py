import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

RULES = Path(__file__).parents[2] / "firmware_configs" / "udev" / "70-specimen-edge.rules"
PART = re.compile(r'([A-Z_]+)(?:\{([^}]*)\})?(==|!=|\+=|:=|=)"([^"]*)"')
MATCHES = {"ACTION", "SUBSYSTEM", "KERNEL", "ENV", "ATTR", "TAG", "TEST"}
SETS = {"SYMLINK", "TAG", "ENV", "GROUP", "MODE", "ATTR", "GOTO", "LABEL"}
PATH = "platform-fd500000.pcie-pci-0000:01:00.0-usb-0:{}:1.0"


@dataclass(frozen=True)
class Part:
    key: str
    name: str
    operator: str
    value: str


def parse(line: str) -> list[Part]:
    parts = [Part(*found) for found in PART.findall(line)]
    rest = PART.sub("", line).replace(",", "").strip()
    assert rest == "", f"not understood: {rest}"
    return parts


def rules() -> list[list[Part]]:
    text = RULES.read_text(encoding="utf-8")
    return [parse(line) for line in text.splitlines() if line and not line.startswith("#")]


def is_met(part: Part, device: dict[str, str], tags: set[str]) -> bool:
    if part.key == "TAG":
        return (part.value in tags) is (part.operator == "==")
    name = f"{part.key}{{{part.name}}}" if part.name else part.key
    if part.key == "TEST":
        return True
    found = name in device and fnmatchcase(device[name], part.value)
    return found is (part.operator == "==")


def outcome(device: dict[str, str]) -> dict[str, list[str]]:
    """What the rules set for a device, as udev would run them from top to bottom."""
    told: dict[str, list[str]] = {}
    tags: set[str] = set()
    skip_to = ""
    for rule in rules():
        if skip_to:
            skip_to = "" if any(p.key == "LABEL" and p.value == skip_to for p in rule) else skip_to
            continue
        if not all(is_met(part, device, tags) for part in rule if part.operator in ("==", "!=")):
            continue
        for part in rule:
            if part.operator in ("==", "!="):
                continue
            if part.key == "TAG":
                tags.add(part.value)
            if part.key == "GOTO":
                skip_to = part.value
            told.setdefault(f"{part.key}{{{part.name}}}" if part.name else part.key, []).append(
                part.value
            )
    return told


def test_every_rule_is_understood() -> None:
    for rule in rules():
        for part in rule:
            assert part.key in (MATCHES if part.operator in ("==", "!=") else SETS)
    gotos = {part.value for rule in rules() for part in rule if part.key == "GOTO"}
    labels = {part.value for rule in rules() for part in rule if part.key == "LABEL"}
    assert gotos == labels


def test_names_are_ours_and_such_that_an_nfc_driver_accepts_them() -> None:
    names = [p.value for rule in rules() for p in rule if p.key == "SYMLINK"]
    assert len(names) == len(set(names)) == 7
    for name in names:
        assert re.fullmatch(r"(input/)?specimen-[a-z0-9-]+", name)


@pytest.mark.parametrize(
    ("socket", "name"),
    [("1.1", "desk-left"), ("1.2", "desk-right"), ("1.3", "nfc"), ("1.4", "rf")],
)
def test_an_adapter_is_named_by_its_socket(socket: str, name: str) -> None:
    told = outcome(
        {
            "ACTION": "add",
            "SUBSYSTEM": "tty",
            "KERNEL": "ttyUSB0",
            "ENV{ID_PATH}": PATH.format(socket),
        }
    )
    assert told["SYMLINK"] == [f"specimen-{name}"]
    assert told["ENV{ID_MM_DEVICE_IGNORE}"] == ["1"]
    assert told["GROUP"] == ["dialout"]
    assert told["MODE"] == ["0660"]
    assert "systemd" in told["TAG"]


def test_two_identical_adapters_get_two_names() -> None:
    names = [
        outcome(
            {
                "ACTION": "add",
                "SUBSYSTEM": "tty",
                "KERNEL": node,
                "ENV{ID_PATH}": PATH.format(socket),
            }
        )["SYMLINK"]
        for node, socket in (("ttyUSB1", "1.1"), ("ttyUSB0", "1.2"))
    ]
    assert names == [["specimen-desk-left"], ["specimen-desk-right"]]


@pytest.mark.parametrize(
    "device",
    [
        {"ACTION": "add", "SUBSYSTEM": "tty", "KERNEL": "tty1"},
        {
            "ACTION": "add",
            "SUBSYSTEM": "tty",
            "KERNEL": "ttyUSB0",
            "ENV{ID_PATH}": PATH.format("1.1.3"),
        },
        {"ACTION": "remove", "SUBSYSTEM": "tty", "ENV{ID_PATH}": PATH.format("1.1")},
        {"ACTION": "add", "SUBSYSTEM": "usb", "ATTR{idVendor}": "046d"},
        {"ACTION": "add", "SUBSYSTEM": "input", "KERNEL": "event0", "ENV{ID_VENDOR_ID}": "046d"},
    ],
)
def test_other_devices_are_left_alone(device: dict[str, str]) -> None:
    assert set(outcome(device)) <= {"GOTO", "LABEL"}


def test_a_wedge_is_hidden_from_the_screen() -> None:
    told = outcome(
        {
            "ACTION": "add",
            "SUBSYSTEM": "input",
            "KERNEL": "event3",
            "ENV{ID_VENDOR_ID}": "1eab",
            "ENV{ID_MODEL_ID}": "1d10",
        }
    )
    assert told["SYMLINK"] == ["input/specimen-wedge"]
    assert told["ENV{LIBINPUT_IGNORE_DEVICE}"] == ["1"]


@pytest.mark.parametrize(
    ("vendor", "product"), [("1a86", "7523"), ("10c4", "ea60"), ("072f", "2200"), ("1eab", "1d06")]
)
def test_readers_are_never_put_to_sleep(vendor: str, product: str) -> None:
    told = outcome(
        {
            "ACTION": "add",
            "SUBSYSTEM": "usb",
            "ATTR{idVendor}": vendor,
            "ATTR{idProduct}": product,
        }
    )
    assert told["ATTR{power/control}"] == ["on"]
