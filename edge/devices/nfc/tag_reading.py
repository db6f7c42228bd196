"""What a tag says: two fast reads of a type 2 tag without activation, or a type 4 tag by it."""

from collections.abc import Callable
from dataclasses import dataclass

import nfc.clf
import nfc.tag
import nfc.tag.tt4
from nfc.clf import RemoteTarget

from edge.core.errors import DeviceError
from edge.core.nfc import TagFlaw, TagKind, TagPassword, TagUid
from edge.devices.nfc.probe import OpenReader
from edge.devices.nfc.transport import DRIVER_SLIPS, as_device_error
from edge.wire.ndef import NdefFlaw, type2_extent, type2_message

PasswordOf = Callable[[TagUid], TagPassword | None]

FIRST_PAGES = 40
"""Every NTAG21x has pages 0 to 39; they hold a message of 142 bytes, so most need one read."""
MOST_PAGES = 60
"""At most 60 pages an answer: the chip passes on 262 bytes."""
_PAGE_BYTES = 4
_READ_BYTES = 16
_SIGNATURE_BYTES = 32
_TIMEOUT_S = 0.02
_TYPE4 = 0x20
_APPLICATION, _NDEF_FILE = bytes.fromhex("d2760000850101"), bytes.fromhex("e104")
_FIRST_FILE_BYTES = 128
_FAST_READ, _READ, _READ_SIG, _PWD_AUTH = 0x3A, 0x30, b"\x3c\x00", b"\x1b"
_LONG_UID = 7
_NAK_BYTES, _NAK_AUTH_LIMIT = 1, 0x04


class TagLost(DeviceError):
    """The tag left, or its radio link broke, before everything was read: `tag_lost`."""

    def __init__(self, why: str) -> None:
        super().__init__("tag_lost", why=why)


@dataclass(frozen=True, slots=True)
class TagContent:
    """An NDEF message and the maker's signature, or why there is no message."""

    kind: TagKind
    message: bytes = b""
    signature: bytes | None = None
    flaw: TagFlaw | None = None
    detail: str = ""


class _Refused(DeviceError):
    """The tag said NAK; it is mute until it is selected again."""

    def __init__(self, nak: int) -> None:
        super().__init__("tag_refused", nak=nak)
        self.nak = nak


def uid_of(target: RemoteTarget) -> TagUid:
    """The UID of a sensed tag; raise DecodeError for a length that no tag has."""
    return TagUid.of(bytes(target.sdd_res))


def read_tag(reader: OpenReader, target: RemoteTarget, *, password_of: PasswordOf) -> TagContent:
    """Everything that the door needs, in as few exchanges as possible; raise TagLost."""
    with as_device_error(reader.path):
        try:
            if target.sel_res[0] & _TYPE4:
                return _read_type4(reader, target)
            return _Type2(reader, target).read(password_of)
        except nfc.clf.CommunicationError as error:
            raise TagLost(str(error)) from error
        except nfc.tag.TagCommandError as error:
            raise TagLost(str(error)) from error
        except DRIVER_SLIPS as error:
            # The line speaks in OSError: this was an answer that no tag should give.
            raise TagLost(repr(error)) from error


def _read_type4(reader: OpenReader, target: RemoteTarget) -> TagContent:
    tag = nfc.tag.activate(reader.frontend, target)
    if tag is None:
        raise TagLost("activation")
    message = _read_usual_file(tag)
    if message is None:
        message = _read_any_file(tag)
    if message is None:
        return TagContent(TagKind.TYPE4, flaw=TagFlaw.UNREADABLE, detail="no ndef application")
    return _content(TagKind.TYPE4, message, None)


def _read_usual_file(tag: nfc.tag.Tag) -> bytes | None:
    """The message by three commands, where the file is called as on every tag we issue.

    None when the tag says that it is otherwise; the capability container would cost four more.
    """
    try:
        tag.send_apdu(0, 0xA4, 0x04, 0x00, _APPLICATION, mrl=256)
        tag.send_apdu(0, 0xA4, 0x00, 0x0C, _NDEF_FILE)
        file = bytes(tag.send_apdu(0, 0xB0, 0, 0, mrl=_FIRST_FILE_BYTES))
        end = 2 + int.from_bytes(file[:2], "big")
        while 2 <= len(file) < end:  # noqa: PLR2004 - the length field
            high, low = divmod(len(file), 256)
            more = bytes(tag.send_apdu(0, 0xB0, high, low, mrl=min(end - len(file), 128)))
            if not more:
                return None
            file += more
    except nfc.tag.tt4.Type4TagCommandError as error:
        if error.errno <= 0:
            raise
        return None
    return file[2:end]


def _read_any_file(tag: nfc.tag.Tag) -> bytes | None:
    """The message as nfcpy finds it, by the capability container."""
    if tag.ndef is not None:
        return bytes(tag.ndef.octets)
    if not tag.is_present:
        raise TagLost("reading")
    return None


class _Type2:
    """One type 2 tag that is selected now."""

    def __init__(self, reader: OpenReader, target: RemoteTarget) -> None:
        self._frontend = reader.frontend
        self._target = target
        self._uid = bytes(target.sdd_res)

    def read(self, password_of: PasswordOf) -> TagContent:
        """Memory and signature; a protected tag is opened when its password is known."""
        try:
            return self._read_fast()
        except _Refused:
            self._select_again()
        password = password_of(TagUid.of(self._uid))
        if password is not None:
            return self._read_opened(password)
        return self._read_slowly()

    def _read_opened(self, password: TagPassword) -> TagContent:
        """One try only: a limited tag dies of wrong passwords."""
        try:
            pack = self._exchange(_PWD_AUTH + password.password)
        except _Refused as refused:
            is_dead = refused.nak == _NAK_AUTH_LIMIT
            flaw = TagFlaw.LOCKED_OUT if is_dead else TagFlaw.PROTECTED
            return TagContent(TagKind.NTAG21X, flaw=flaw, detail="password refused")
        if pack != password.pack:
            return TagContent(TagKind.NTAG21X, flaw=TagFlaw.PROTECTED, detail="wrong PACK")
        try:
            return self._read_fast()
        except _Refused:
            return TagContent(TagKind.NTAG21X, flaw=TagFlaw.PROTECTED, detail="still closed")

    def _read_fast(self) -> TagContent:
        """FAST_READ as far as the message goes, then READ_SIG."""
        memory = self._pages(0, FIRST_PAGES)
        self._check_uid(memory)
        extent = type2_extent(memory)
        while not isinstance(extent, NdefFlaw) and len(memory) < extent:
            first = len(memory) // _PAGE_BYTES
            last = -(-extent // _PAGE_BYTES)
            memory += self._pages(first, min(last - first, MOST_PAGES))
        return self._finish(TagKind.NTAG21X, memory, self._signature())

    def _read_slowly(self) -> TagContent:
        """READ of 16 bytes at a time: compatible chips without FAST_READ, or a locked one."""
        memory = b""
        extent: int | NdefFlaw = _READ_BYTES * 2
        try:
            while not isinstance(extent, NdefFlaw) and len(memory) < extent:
                memory += self._four_pages(len(memory) // _PAGE_BYTES)
                if len(memory) >= _READ_BYTES * 2:
                    extent = type2_extent(memory)
        except _Refused:
            return TagContent(TagKind.TYPE2, flaw=TagFlaw.PROTECTED, detail="reading refused")
        self._check_uid(memory)
        return self._finish(TagKind.TYPE2, memory, None)

    def _finish(self, kind: TagKind, memory: bytes, signature: bytes | None) -> TagContent:
        return _content(kind, type2_message(memory), signature)

    def _signature(self) -> bytes | None:
        """The maker's signature; None when the chip has none to give."""
        try:
            signature = self._exchange(_READ_SIG)
        except _Refused:
            return None
        return signature if len(signature) == _SIGNATURE_BYTES else None

    def _pages(self, first: int, count: int) -> bytes:
        answer = self._exchange(bytes([_FAST_READ, first, first + count - 1]))
        if len(answer) != count * _PAGE_BYTES:
            raise TagLost("short answer")
        return answer

    def _four_pages(self, first: int) -> bytes:
        answer = self._exchange(bytes([_READ, first]))
        if len(answer) != _READ_BYTES:
            raise TagLost("short answer")
        return answer

    def _check_uid(self, memory: bytes) -> None:
        """The memory must be of the tag that was selected."""
        stored = memory[0:3] + memory[4:8] if len(self._uid) == _LONG_UID else memory[0:4]
        if stored != self._uid:
            raise TagLost("another tag answered")

    def _select_again(self) -> None:
        self._target.sel_req = self._target.sdd_res
        if self._frontend.sense(self._target) is None:
            raise TagLost("selection")

    def _exchange(self, command: bytes) -> bytes:
        answer = bytes(self._frontend.exchange(command, _TIMEOUT_S))
        if len(answer) == _NAK_BYTES:
            raise _Refused(answer[0])
        return answer


def _content(kind: TagKind, message: bytes | NdefFlaw, signature: bytes | None) -> TagContent:
    if isinstance(message, NdefFlaw):
        is_empty = message is NdefFlaw.NO_MESSAGE
        flaw = TagFlaw.EMPTY if is_empty else TagFlaw.MALFORMED
        return TagContent(kind, signature=signature, flaw=flaw, detail=message.value)
    if not message:
        return TagContent(kind, flaw=TagFlaw.EMPTY, detail=NdefFlaw.NO_MESSAGE.value)
    return TagContent(kind, message, signature)
