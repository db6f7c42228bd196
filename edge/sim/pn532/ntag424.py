"""NTAG 424 DNA: a type 4 tag whose URL gets a fresh counter and MAC at each power-up."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from edge.sim.pn532.messages import uri_message
from edge.sim.pn532.tags import RfAnswer

ATS = bytes.fromhex("067777710280")
APPLICATION = bytes.fromhex("d2760000850101")
CAPABILITIES = bytes.fromhex("001720010000ff0406e104010000000506e10500808283")[:23]

FILE_BYTES = 256

_CC_FILE, _NDEF_FILE = 0xE103, 0xE104
_OK, _NOT_FOUND, _WRONG_LENGTH, _NOT_SUPPORTED = b"\x90\x00", b"\x6a\x82", b"\x67\x00", b"\x6d\x00"
_PICC_DATA_TAG = 0xC7
_BLOCK = 16


@dataclass(frozen=True, slots=True)
class SunKeys:
    """Key of the encrypted UID and counter, and key of the MAC, 16 bytes each."""

    meta: bytes
    file: bytes


class Ntag424:
    """One tag; `url` is what stands in front of `?e=..&c=..`, without `https://`.

    `keys=None` makes a chip that repeats what it once said: a copied URL on a plain chip.
    """

    sens_res = b"\x03\x44"
    sel_res = 0x20

    def __init__(
        self, uid: bytes, *, url: str, keys: SunKeys | None, counter: int = 0, frozen: str = ""
    ) -> None:
        self.uid = uid
        self.counter = counter
        self._url = url
        self._keys = keys
        self._frozen = frozen
        self._file = b""
        self._is_selected = self._is_open = False
        self._chosen: bytes | None = None
        self._block = 1
        self._last: bytes = b""

    def power_up(self) -> None:
        """The field came back: protocol state is lost; the next read of the file counts."""
        self._is_selected = self._is_open = False
        self._chosen = None
        self._block = 1
        self._last = b""
        self._file = b""

    def exchange(self, command: bytes) -> RfAnswer | None:
        """Answer RATS, then blocks of ISO/IEC 14443-4."""
        if command[0] == 0xE0:  # noqa: PLR2004 - the command RATS
            self._is_selected = True
            return RfAnswer(ATS)
        if not self._is_selected:
            return None
        match command[0] & 0xE2:
            case 0x02:
                return self._information(command)
            case 0xA2:
                return self._acknowledged(command)
            case 0xC2:
                self._is_selected = False
                return RfAnswer(command[:1])
            case _:
                return None

    def _information(self, command: bytes) -> RfAnswer:
        self._block ^= 1
        self._last = bytes([0x02 | self._block]) + self._apdu(command[1:])
        return RfAnswer(self._last)

    def _acknowledged(self, command: bytes) -> RfAnswer | None:
        """R(NAK) of the block that was sent brings it again; of the next one, R(ACK): present."""
        is_nak, number = command[0] & 0x10, command[0] & 1
        if number == self._block and self._last:
            return RfAnswer(self._last)
        return RfAnswer(bytes([0xA2 | self._block])) if is_nak else None

    def _apdu(self, apdu: bytes) -> bytes:
        match apdu[:4]:
            case b"\x00\xa4\x04\x00":
                return self._select_application(apdu)
            case b"\x00\xa4\x00\x0c" | b"\x00\xa4\x00\x00":
                return self._select_file(int.from_bytes(apdu[5:7], "big"))
            case head if head[:2] == b"\x00\xb0":
                return self._read_binary(int.from_bytes(head[2:4], "big"), apdu[4:])
            case _:
                return _NOT_SUPPORTED

    def _select_application(self, apdu: bytes) -> bytes:
        self._is_open = apdu[5 : 5 + apdu[4]] == APPLICATION
        return _OK if self._is_open else _NOT_FOUND

    def _select_file(self, name: int) -> bytes:
        if not self._is_open or name not in (_CC_FILE, _NDEF_FILE):
            return _NOT_FOUND
        self._chosen = CAPABILITIES if name == _CC_FILE else self._fresh_file()
        return _OK

    def _read_binary(self, offset: int, expected: bytes) -> bytes:
        if self._chosen is None or len(expected) != 1:
            return _WRONG_LENGTH
        size = expected[0] or 256
        return self._chosen[offset : offset + size] + _OK

    def _fresh_file(self) -> bytes:
        """One step of the counter a power-up, however often the file is selected."""
        if not self._file:
            self.counter += 1
            text = self._frozen or self.current_url()
            record = uri_message(f"https://{text}")
            self._file = (len(record).to_bytes(2, "big") + record).ljust(FILE_BYTES, b"\x00")
        return self._file

    def current_url(self) -> str:
        """The URL without its scheme for the present counter."""
        if self._keys is None:
            return self._url
        picc, mac = sun_parts(self._keys, self.uid, self.counter)
        return f"{self._url}?e={picc.hex().upper()}&c={mac.hex().upper()}"


def sun_parts(keys: SunKeys, uid: bytes, counter: int) -> tuple[bytes, bytes]:
    """Encrypted UID with counter, and the MAC over nothing (AN12196, MAC input offset = MAC)."""
    picc = bytes([_PICC_DATA_TAG]) + uid + counter.to_bytes(3, "little")
    padded = picc + bytes(_BLOCK - len(picc))
    encryptor = Cipher(algorithms.AES(keys.meta), modes.CBC(bytes(_BLOCK))).encryptor()
    session = _cmac(keys.file, bytes.fromhex("3cc300010080") + picc[1:])
    return encryptor.update(padded) + encryptor.finalize(), _cmac(session, b"")[1::2]


def _cmac(key: bytes, message: bytes) -> bytes:
    mac = CMAC(algorithms.AES(key))
    mac.update(message)
    return mac.finalize()
