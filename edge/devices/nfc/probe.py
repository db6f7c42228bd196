"""Finding the chip: at four speeds, out of its sleep, and up to the speed that is wanted.

After `kill -9` a PN532 keeps the speed of its last host, and nfcpy's own opening finds it never
again (nfcpy issues 63, 68, 230).
"""

import logging
from pathlib import Path

import nfc
import nfc.clf
from nfc.clf import RemoteTarget, pn53x, pn532

from edge.core.errors import DeviceError
from edge.devices.nfc.transport import START_BAUD, SerialTransport, as_device_error

WAKE = bytes.fromhex("5555") + bytes(14)
"""What wakes the serial side; longer than the bytes that a sleeping chip loses."""
SPEEDS = (115_200, 921_600, 460_800, 230_400)
USB_ROUNDS = 3
_FIRMWARE = b"\x32"

_log = logging.getLogger("nfc.clf.pn532")


class OpenReader:
    """nfcpy's frontend on an open port; `chipset` speaks with the chip itself."""

    def __init__(self, path: Path, transport: SerialTransport, chipset: pn532.Chipset) -> None:
        device = pn532.Device(chipset, logger=_log)
        self.frontend = nfc.ContactlessFrontend()
        self.frontend.device = device
        self.chipset = chipset
        self.path = path
        self._transport = transport
        self._is_field_on = True

    def sense(self) -> RemoteTarget | None:
        """A tag of technology A, selected, after its power was cut; None leaves the field off.

        What `frontend.sense` does, without switching a field off that is off: a quarter of the
        commands of an idle reader.
        """
        device = self.frontend.device
        self.frontend.target = None
        with as_device_error(self.path):
            if self._is_field_on:
                device.mute()
            self._is_field_on = True
            try:
                self.frontend.target = device.sense_tta(RemoteTarget("106A"))
            except nfc.clf.CommunicationError:
                return None
            if self.frontend.target is None:
                device.mute()
                self._is_field_on = False
            return self.frontend.target

    @property
    def baud(self) -> int:
        """Speed of the line."""
        return int(self._transport.baudrate)

    def check_alive(self) -> None:
        """GetFirmwareVersion; DeviceError when the chip does not answer as itself."""
        with as_device_error(self.path):
            version = bytes(self.chipset.get_firmware_version())
        if not version.startswith(_FIRMWARE):
            raise DeviceError("nfc_chip", path=str(self.path), why=f"firmware {version.hex()}")

    def close(self) -> None:
        """Back to 115200 baud and to sleep, as far as the line still carries; never raises."""
        try:
            with as_device_error(self.path):
                self.frontend.device.close()
        except DeviceError:
            pass
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let the port go without a word to the chip."""
        self._transport.close()
        self.frontend.device = None


def open_reader(path: Path, *, baud_cap: int) -> OpenReader:
    """Open the port and find the chip; raise DeviceGone, DeviceBusy, DeviceDenied, DeviceError."""
    transport = SerialTransport(path)
    try:
        with as_device_error(path):
            transport.connect()
            chipset = _find(transport, rounds=rounds_of(path))
            chipset.sam_configuration("normal")
            _raise_speed(transport, chipset, baud_cap)
            transport.be_patient()
            return OpenReader(path, transport, chipset)
    except BaseException:
        transport.close()
        raise


def rounds_of(path: Path) -> int:
    """How often all speeds are tried on one opening of the port.

    Behind a USB adapter the first bytes may need a second on a Raspberry Pi (nfcpy issue 45), and
    closing the port in between would begin that second anew.
    """
    return USB_ROUNDS if path.resolve().name.startswith("ttyUSB") else 1


def _find(transport: SerialTransport, *, rounds: int) -> pn532.Chipset:
    """The chip at whichever speed it has; one try a speed, each up to 0.1 s; OSError."""
    trouble: Exception = OSError("no chip")
    for baud in SPEEDS * rounds:
        transport.set_speed(baud)
        transport.write(WAKE)
        chipset = pn532.Chipset(transport, logger=_log)
        try:
            if bytes(chipset.get_firmware_version()).startswith(_FIRMWARE):
                return chipset
        except (OSError, pn53x.Chipset.Error) as error:
            trouble = error
    raise OSError(None, "no chip answers at any speed") from trouble


def _raise_speed(transport: SerialTransport, chipset: pn532.Chipset, baud_cap: int) -> None:
    wanted = max((baud for baud in SPEEDS if baud <= baud_cap), default=START_BAUD)
    if transport.baudrate != wanted:
        chipset.set_serial_baudrate(wanted)
        transport.set_speed(wanted)
