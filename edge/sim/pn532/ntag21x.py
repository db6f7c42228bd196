"""NTAG213, NTAG215 and NTAG216: memory, locks, password, counter and originality signature."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from edge.sim.pn532.tags import RfAnswer

PAGE_BYTES = 4
ACK, NAK_ARGUMENT, NAK_CRC, NAK_AUTH_LIMIT, NAK_EEPROM = 0x0A, 0x00, 0x01, 0x04, 0x05
WRITE_WORK_S = 0.004
UNSIGNED = bytes(32)

_READ_PAGES = 4
_NIBBLE = 4
_USER_FIRST = 4
_LOCK_PAGE, _CC_PAGE = 2, 3
_CT = 0x88


class Model(Enum):
    """Pages, capability container size, place of the configuration, storage size code."""

    NTAG213 = (45, 0x12, 0x29, 0x0F)
    NTAG215 = (135, 0x3E, 0x83, 0x11)
    NTAG216 = (231, 0x6D, 0xE3, 0x13)

    @property
    def pages(self) -> int:
        """All pages, configuration included."""
        return self.value[0]

    @property
    def cc_size(self) -> int:
        """Size of the data area in units of 8 bytes."""
        return self.value[1]

    @property
    def config_page(self) -> int:
        """First of the four configuration pages."""
        return self.value[2]

    @property
    def version(self) -> bytes:
        """What GET_VERSION answers."""
        return bytes([0, 4, 4, 2, 1, 0, self.value[3], 3])


@dataclass(frozen=True, slots=True)
class _Latched:
    """Access rules as they were when the field came."""

    auth0: int
    protects_reading: bool
    config_locked: bool
    auth_limit: int
    counts: bool


class Ntag21x:
    """One tag; a wrong command makes it mute until it is powered or selected again.

    `has_fast_read=False` makes one of the compatible chips that know READ only.
    """

    sens_res = b"\x00\x44"
    sel_res = 0x00

    def __init__(
        self,
        uid: bytes,
        *,
        model: Model = Model.NTAG213,
        message: bytes = b"",
        signature: bytes = UNSIGNED,
        has_fast_read: bool = True,
    ) -> None:
        self.uid = uid
        self.model = model
        self.signature = signature
        self.memory = _blank(uid, model)
        self.counter = 0
        self._works: dict[int, tuple[int, Callable[[bytes], RfAnswer]]] = {
            0x30: (1, self._read),
            0xA2: (5, self._write),
            0x1B: (4, self._authenticate),
            0x39: (1, self._read_counter),
        }
        if has_fast_read:
            self._works[0x60] = (0, lambda _: RfAnswer(model.version))
            self._works[0x3A] = (2, self._fast_read)
            self._works[0x3C] = (1, lambda _: RfAnswer(self.signature))
        self._failures = 0
        self._is_counted = False
        self._is_authenticated = False
        self._is_mute = False
        self._rules = self._latch()
        self.store_message(message)

    def store_message(self, message: bytes) -> None:
        """Put an NDEF message into the data area, as a writer would have done."""
        size = len(message)
        head = bytes([3, size]) if size < 0xFF else bytes([3, 0xFF, *size.to_bytes(2, "big")])  # noqa: PLR2004 - three-byte length
        room = self.model.cc_size * 8 - len(head) - size
        self.store_raw(head + message + (b"\xfe" if room else b""))

    def store_raw(self, data: bytes) -> None:
        """Put any bytes at the start of the data area."""
        first = _USER_FIRST * PAGE_BYTES
        if len(data) > self.model.cc_size * 8:
            msg = f"{len(data)} bytes do not fit"
            raise ValueError(msg)
        self.memory[first : first + len(data)] = data

    def protect(
        self,
        password: bytes,
        pack: bytes,
        *,
        auth0: int = _USER_FIRST,
        reading: bool = True,
        auth_limit: int = 0,
    ) -> None:
        """Set a password of 4 bytes and a PACK of 2, from page `auth0` on."""
        first = self.model.config_page * PAGE_BYTES
        self.memory[first + 3] = auth0
        self.memory[first + 4] = (0x80 if reading else 0) | auth_limit & 0x07
        self.memory[first + 8 : first + 12] = password
        self.memory[first + 12 : first + 14] = pack
        self.power_up()

    def lock(self) -> None:
        """Make the data area read-only for ever: static lock bits and capability container."""
        self.memory[10:12] = b"\xff\xff"
        self.memory[15] = 0x0F

    def count_reads(self) -> None:
        """Switch the read counter on."""
        self.memory[self.model.config_page * PAGE_BYTES + 4] |= 0x10
        self.power_up()

    def power_up(self) -> None:
        """The field came back: no password is valid, access rules are read anew."""
        self._is_authenticated = False
        self._is_mute = False
        self._is_counted = False
        self._rules = self._latch()

    def exchange(self, command: bytes) -> RfAnswer | None:
        """The answer; after a NAK the tag is mute."""
        if self._is_mute:
            return None
        answer = self._obey(command)
        if answer is None or (answer.bits == _NIBBLE and answer.data[0] != ACK):
            self._is_mute = True
        return answer

    def _obey(self, command: bytes) -> RfAnswer | None:
        size, work = self._works.get(command[0], (-1, None))
        if work is None or len(command) - 1 != size:
            return _nibble(NAK_ARGUMENT)
        return work(command[1:])

    def _read(self, data: bytes) -> RfAnswer:
        page, pages = data[0], self.model.pages
        if page >= pages or not self._may_read(page):
            return _nibble(NAK_ARGUMENT)
        self._count()
        limit = pages if self._is_open() else min(pages, self._rules.auth0)
        wanted = ((page + step) % limit for step in range(_READ_PAGES))
        return RfAnswer(b"".join(self._page(each) for each in wanted))

    def _fast_read(self, data: bytes) -> RfAnswer:
        first, last = data
        if first > last or last >= self.model.pages or not self._may_read(last):
            return _nibble(NAK_ARGUMENT)
        self._count()
        return RfAnswer(b"".join(self._page(page) for page in range(first, last + 1)))

    def _write(self, command: bytes) -> RfAnswer:
        page, data = command[0], command[1:]
        if not self._may_write(page):
            return _nibble(NAK_ARGUMENT)
        at = page * PAGE_BYTES
        if page == _LOCK_PAGE:
            data = bytes([*self.memory[8:10], self.memory[10] | data[2], self.memory[11] | data[3]])
        elif page in (_CC_PAGE, self.model.config_page - 1):
            data = bytes(old | new for old, new in zip(self.memory[at : at + 4], data, strict=True))
        self.memory[at : at + PAGE_BYTES] = data
        return RfAnswer(bytes([ACK]), WRITE_WORK_S, bits=_NIBBLE)

    def _authenticate(self, password: bytes) -> RfAnswer:
        limit = self._rules.auth_limit
        if limit and self._failures >= limit:
            return _nibble(NAK_AUTH_LIMIT)
        first = (self.model.config_page + 2) * PAGE_BYTES
        if password != bytes(self.memory[first : first + 4]):
            self._failures += 1
            return _nibble(NAK_ARGUMENT)
        self._failures = 0
        self._is_authenticated = True
        return RfAnswer(bytes(self.memory[first + 4 : first + 6]))

    def _read_counter(self, data: bytes) -> RfAnswer:
        if data[0] != 2 or not self._rules.counts:  # noqa: PLR2004 - the one counter that exists
            return _nibble(NAK_ARGUMENT)
        return RfAnswer(self.counter.to_bytes(3, "little"))

    def _count(self) -> None:
        """The first read after each power-up counts."""
        if self._rules.counts and not self._is_counted:
            self.counter = min(self.counter + 1, 0xFFFFFF)
        self._is_counted = True

    def _is_open(self) -> bool:
        return self._is_authenticated or not self._rules.protects_reading

    def _may_read(self, page: int) -> bool:
        return self._is_open() or page < self._rules.auth0

    def _may_write(self, page: int) -> bool:
        if not _LOCK_PAGE <= page < self.model.pages:
            return False
        if page >= self._rules.auth0 and not self._is_authenticated:
            return False
        is_config = self.model.config_page <= page < self.model.config_page + 2
        return not (is_config and self._rules.config_locked) and not self._is_locked(page)

    def _is_locked(self, page: int) -> bool:
        if page in range(_CC_PAGE, 16):
            return bool(int.from_bytes(self.memory[10:12], "little") >> page & 1)
        return page >= 16 and self.memory[15] & 0x0F == 0x0F and page < self.model.config_page - 1  # noqa: PLR2004 - beyond the static locks

    def _page(self, page: int) -> bytes:
        if page >= self.model.config_page + 2:
            return bytes(PAGE_BYTES)
        return bytes(self.memory[page * PAGE_BYTES : (page + 1) * PAGE_BYTES])

    def _latch(self) -> _Latched:
        first = self.model.config_page * PAGE_BYTES
        access = self.memory[first + 4]
        return _Latched(
            auth0=self.memory[first + 3],
            protects_reading=bool(access & 0x80),
            config_locked=bool(access & 0x40),
            auth_limit=access & 0x07,
            counts=bool(access & 0x10),
        )


def _nibble(value: int) -> RfAnswer:
    return RfAnswer(bytes([value]), bits=_NIBBLE)


def _blank(uid: bytes, model: Model) -> bytearray:
    memory = bytearray(model.pages * PAGE_BYTES)
    memory[0:3], memory[3] = uid[0:3], _CT ^ uid[0] ^ uid[1] ^ uid[2]
    memory[4:8], memory[8] = uid[3:7], uid[3] ^ uid[4] ^ uid[5] ^ uid[6]
    memory[9] = 0x48
    memory[12:16] = bytes([0xE1, 0x10, model.cc_size, 0x00])
    first = model.config_page * PAGE_BYTES
    memory[first + 3] = 0xFF
    memory[first + 8 : first + 12] = b"\xff\xff\xff\xff"
    return memory
