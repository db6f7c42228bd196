import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.devices.firmware.place import configs_dir
from edge.devices.firmware.profile import NfcProfile, profiles
from edge.reader_sections import Signals

ROOT = Path(__file__).parents[2] / "firmware_configs"
RPI = ROOT / "rpi"
PINS: dict[str, str] = tomllib.loads((RPI / "pins.toml").read_text(encoding="utf-8"))["pins"]
KEYS = {
    *("dtparam", "dtoverlay", "enable_uart", "kernel_watchdog_timeout", "display_auto_detect"),
    "disable_splash",
}
FILTERS = {"all", "pi3", "pi4", "pi5"}
OVERLAYS = {
    "disable-bt": (),
    "uart3": (4, 5),
    "uart2-pi5": (4, 5),
    "i2c-rtc": (2, 3),
    "vc4-kms-v3d": (),
    "vc4-kms-dsi-7inch": (),
}
DTPARAMS = {"watchdog": (), "i2c_arm": (2, 3), "uart0": (14, 15)}
UART_PINS = (14, 15)


def lines(name: str) -> Iterator[tuple[str, str, str]]:
    """Filter, key and value of each line that counts."""
    model = ""
    for line in (RPI / name).read_text(encoding="utf-8").splitlines():
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        found = re.fullmatch(r"\[(\w+)\]", text)
        if found is not None:
            model = found[1]
            continue
        key, mark, value = text.partition("=")
        assert mark, text
        yield model, key, value


def pins(name: str, model: str) -> list[int]:
    """The pins that a model's lines take."""
    taken: list[int] = []
    for where, key, value in lines(name):
        if where not in ("all", model):
            continue
        first, *parameters = value.split(",")
        if key == "dtoverlay" and first == "gpio-shutdown":
            taken += [int(each[9:]) for each in parameters if each.startswith("gpio_pin=")]
        elif key == "dtoverlay":
            taken += OVERLAYS[first]
        elif key == "dtparam":
            taken += DTPARAMS[value.partition("=")[0]]
        elif key == "enable_uart":
            taken += UART_PINS
    return taken


@pytest.mark.parametrize("name", ["config.txt", "touch-rotated.txt"])
def test_every_line_is_one_that_a_raspberry_pi_knows(name: str) -> None:
    for model, key, value in lines(name):
        assert model in FILTERS
        assert key in KEYS
        assert value
        assert " " not in value


@pytest.mark.parametrize("model", ["pi3", "pi4", "pi5"])
def test_no_pin_is_taken_twice_and_all_are_listed(model: str) -> None:
    taken = pins("config.txt", model)
    once = set(taken)
    assert {str(pin) for pin in once} <= set(PINS)
    conflicts = [pin for pin in once if taken.count(pin) > 1 and pin not in (2, 3)]
    assert conflicts == []


def test_the_watchdogs_are_on_and_the_serial_line_is_the_good_one() -> None:
    said = {(model, key, value) for model, key, value in lines("config.txt")}
    assert ("all", "dtparam", "watchdog=on") in said
    assert ("pi3", "dtoverlay", "disable-bt") in said
    assert ("pi4", "dtoverlay", "disable-bt") in said
    assert ("pi5", "dtparam", "uart0=on") in said


def test_a_clock_is_there_and_no_battery_is_charged_unasked() -> None:
    said = [value for _, key, value in lines("config.txt") if key in ("dtoverlay", "dtparam")]
    assert said.count("i2c-rtc,ds3231") == 2
    assert not any("rtc_bbat_vchg" in value for value in said)


def test_the_last_filter_frees_what_follows() -> None:
    text = (RPI / "config.txt").read_text(encoding="utf-8").rstrip()
    assert text.endswith("[all]")


def test_the_command_line_is_one_line_without_a_console_on_the_scanner() -> None:
    text = (RPI / "cmdline.txt").read_text(encoding="utf-8")
    assert text.count("\n") == 1
    words = text.split()
    assert "usbcore.autosuspend=-1" in words
    assert not any(word.startswith("console=") for word in words)
    assert all(re.fullmatch(r"[\w.]+=[-\w.]+", word) for word in words)


def test_kernel_drivers_that_take_the_reader_are_kept_out() -> None:
    text = (RPI / "modprobe.conf").read_text(encoding="utf-8")
    words = [line.split() for line in text.splitlines() if not line.startswith("#")]
    assert all(len(each) == 2 and each[0] == "blacklist" for each in words)
    assert {each[1] for each in words} >= {"pn533", "pn533_usb", "nfc"}


def test_lamp_and_buzzer_have_the_pins_of_the_settings() -> None:
    section = Signals()
    assert [
        PINS[str(pin)] for pin in (section.red, section.green, section.blue, section.buzzer)
    ] == ["lamp, red", "lamp, green", "lamp, blue", "buzzer"]


def test_the_reset_pin_that_a_profile_suggests_is_the_listed_one() -> None:
    text = (ROOT / "nfc" / "pn532-hsu.toml").read_text(encoding="utf-8")
    suggested = re.search(r"^# reset_pin = (\d+)$", text, re.MULTILINE)
    assert suggested is not None
    assert PINS[suggested[1]] == "NFC reader, RSTPD_N"
    set_pins = [each.reset_pin for each in profiles(configs_dir()) if isinstance(each, NfcProfile)]
    assert set_pins == [None, None]
