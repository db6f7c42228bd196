"""What measured facts say about a station's health, each with the way to mend it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from edge.core.moments import TimeQuality

DISK_WARN_BYTES = 2 * 1024**3
DISK_FAIL_BYTES = 256 * 1024**2
"""Below this no delivery is begun: a day's photographs take some 100 MB (house rule)."""

_Texts = tuple[str, str, str, str]


class Level(StrEnum):
    """How grave a diagnosis is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing looked at: what is so, and what to do about it; remedies are empty when well."""

    id: str
    level: Level
    zh: str
    en: str
    remedy_zh: str = ""
    remedy_en: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing needs to be done."""
        return self.level is Level.OK


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What was found of a private key: `key_id` None when it cannot be read, `pinned` by id."""

    path: str
    mode: int | None
    key_id: str | None = None
    why: str = ""
    pinned: bool = False
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What was found of a store; `why` tells what does not hold."""

    path: str
    events: int = 0
    epoch: str = ""
    why: str = ""


_TEXTS: Mapping[str, _Texts] = MappingProxyType(
    {
        "configuration": ("设置有效", "The settings are valid", "", ""),
        "disk.ok": ("{path} 可用空间 {free}", "{path} has {free} free", "", ""),
        "disk.low": (
            "{path} 可用空间仅剩 {free}",
            "{path} has only {free} free",
            "请删除不用的文件，或更换更大的存储卡。证据照片不得手工删除。",
            "Remove what is not needed or fit a larger disk; never delete evidence by hand.",
        ),
        "disk.absent": (
            "没有状态目录 {path}",
            "There is no state directory {path}",
            "请创建该目录：install -d -m 0770 -g specimen-edge {path}",
            "Create it: install -d -m 0770 -g specimen-edge {path}",
        ),
        "disk.readonly": (
            "不能写入 {path}",
            "{path} cannot be written",
            "请检查目录的属主、属组与挂载选项，并以服务用户运行 doctor。",
            "Check owner, group and mount options, and run doctor as the service's user.",
        ),
        "clock.synced": ("时钟已同步", "The clock is synchronised", "", ""),
        "clock.holdover": (
            "时钟超过 24 小时未同步",
            "The clock was last synchronised more than 24 h ago",
            "请检查网络与时间同步：timedatectl timesync-status",
            "Check network and time service: timedatectl timesync-status",
        ),
        "clock.untrusted": (
            "时钟不可信",
            "The clock cannot be trusted",
            "请接通网络等待同步：timedatectl set-ntp true；无网络时请加装电池时钟。",
            "Connect the network: timedatectl set-ntp true; without one, fit a battery clock.",
        ),
        "key.ok": ("密钥 {key_id} 可用", "Key {key_id} is ready", "", ""),
        "key.absent": (
            "缺少密钥文件 {path}",
            "The key file {path} is missing",
            "请向平台申请重新开通本站，取得新的密钥与公钥清单。",
            "Have the station provisioned anew: a new key and list of pinned keys.",
        ),
        "key.mode": (
            "密钥文件 {path} 的权限是 {mode}",
            "The key file {path} has mode {mode}",
            "请执行：chmod 0600 {path}",
            "Run: chmod 0600 {path}",
        ),
        "key.unreadable": (
            "无法读取密钥 {path}：{why}",
            "The key {path} cannot be read: {why}",
            "请以服务用户运行，并检查文件是否为 Ed25519 的 PKCS8 PEM。",
            "Run as the service's user; the file must be Ed25519 in PKCS8 PEM.",
        ),
        "key.unpinned": (
            "密钥 {key_id} 不在公钥清单中",
            "Key {key_id} is not among the pinned keys",
            "请从平台取得新的 keys.json。",
            "Get a new keys.json from the platform.",
        ),
        "key.owner": (
            "密钥 {key_id} 属于 {owner}，不属于本站",
            "Key {key_id} belongs to {owner}, not to this station",
            "请检查 station 小节的编号，或换回本站的密钥。",
            "Check the ids of the section [station], or restore this station's key.",
        ),
        "pinned.ok": ("公钥清单有 {count} 个密钥", "{count} keys are pinned", "", ""),
        "pinned.bad": (
            "公钥清单 {path} 不可用：{why}",
            "The pinned keys {path} cannot be used: {why}",
            "请从平台取得新的 keys.json。",
            "Get a new keys.json from the platform.",
        ),
        "broker.ok": ("消息服务器 {address} 已应答", "The broker {address} answers", "", ""),
        "broker.down": (
            "连接不上消息服务器 {address}：{why}",
            "The broker {address} cannot be reached: {why}",
            "请检查网线、地址与端口；事件保存在本机，联网后补传。",
            "Check cable, address and port; events are kept here and sent later.",
        ),
        "broker.rejected": (
            "消息服务器 {address} 拒绝本站：{why}",
            "The broker {address} refuses this station: {why}",
            "请与平台核对证书、用户名与有效期。",
            "Compare certificate, user name and validity with the platform.",
        ),
        "store.ok": (
            "{path}：{events} 条事件，链条完整",
            "{path}: {events} events, the chain holds",
            "",
            "",
        ),
        "store.absent": (
            "尚无数据库 {path}",
            "There is no database {path} yet",
            "首次启动时自动创建；若此前已使用，请从备份恢复。",
            "It is made at the first start; restore a backup if the station was used before.",
        ),
        "store.bad": (
            "数据库 {path} 有误：{why}",
            "The database {path} is not sound: {why}",
            "请停止收样，保留原文件，从备份恢复并通知平台。",
            "Stop receiving, keep the files, restore a backup and tell the platform.",
        ),
        "reference.ok": ("{name}：{age} 小时前更新", "{name}: {age} h old", "", ""),
        "reference.old": (
            "{name} 已 {age} 小时未更新",
            "{name} is {age} h old",
            "请检查网络；联网后自动更新，期间的收样为暂收。",
            "Check the network; it updates by itself, until then receipts are provisional.",
        ),
        "reference.never": (
            "从未收到 {name}",
            "{name} was never received",
            "请接通网络并确认平台已登记本站。",
            "Connect the network and make sure that the platform knows this station.",
        ),
        "decoders.ok": ("识读引擎：{names}", "Decoders: {names}", "", ""),
        "decoders.missing": (
            "缺少识读引擎 {names}",
            "Decoder {names} is missing",
            "{remedy}",
            "{remedy}",
        ),
    }
)


KINDS = frozenset(_TEXTS)
"""Everything that can be said."""


def diagnose(id_: str, kind: str, level: Level, **facts: object) -> Diagnosis:
    """A diagnosis with the texts of `kind`, filled with the facts."""
    zh, en, remedy_zh, remedy_en = (text.format_map(facts) for text in _TEXTS[kind])
    return Diagnosis(id_, level, zh, en, remedy_zh, remedy_en)


def disk_health(path: str, *, exists: bool, writable: bool, free_bytes: int) -> Diagnosis:
    """The state directory and the room on its disk."""
    free = f"{free_bytes / 1024**3:.1f} GiB"
    if not exists:
        return diagnose("disk", "disk.absent", Level.FAIL, path=path)
    if not writable:
        return diagnose("disk", "disk.readonly", Level.FAIL, path=path)
    if free_bytes >= DISK_WARN_BYTES:
        return diagnose("disk", "disk.ok", Level.OK, path=path, free=free)
    level = Level.WARN if free_bytes >= DISK_FAIL_BYTES else Level.FAIL
    return diagnose("disk", "disk.low", level, path=path, free=free)


def clock_health(quality: TimeQuality) -> Diagnosis:
    """The wall clock (A12)."""
    level = {TimeQuality.SYNCED: Level.OK, TimeQuality.HOLDOVER: Level.WARN}
    return diagnose("clock", f"clock.{quality.value}", level.get(quality, Level.FAIL))


def key_health(id_: str, facts: KeyFacts, *, station: str | None) -> Diagnosis:
    """A private key: there, private, readable, pinned, and this station's (`station`: its name)."""
    path, key_id = facts.path, facts.key_id
    if facts.mode is None:
        return diagnose(id_, "key.absent", Level.FAIL, path=path)
    if facts.mode & 0o077:
        return diagnose(id_, "key.mode", Level.FAIL, path=path, mode=f"{facts.mode:04o}")
    if key_id is None:
        return diagnose(id_, "key.unreadable", Level.FAIL, path=path, why=facts.why)
    if not facts.pinned:
        return diagnose(id_, "key.unpinned", Level.FAIL, key_id=key_id)
    if station is not None and facts.owner != station:
        owner = facts.owner or "-"
        return diagnose(id_, "key.owner", Level.FAIL, key_id=key_id, owner=owner)
    return diagnose(id_, "key.ok", Level.OK, key_id=key_id)


def store_health(id_: str, facts: StoreFacts | None, *, path: str) -> Diagnosis:
    """A store: None when its file does not exist yet."""
    if facts is None:
        return diagnose(id_, "store.absent", Level.WARN, path=path)
    if facts.why:
        return diagnose(id_, "store.bad", Level.FAIL, path=path, why=facts.why)
    return diagnose(id_, "store.ok", Level.OK, path=path, events=facts.events)


def reference_health(ages_h: Mapping[str, float], *, max_age_h: float) -> tuple[Diagnosis, ...]:
    """Age of each set of reference data in hours; infinite when never received."""
    found = []
    for name, age_h in ages_h.items():
        id_ = f"reference.{name}"
        if age_h == float("inf"):
            found.append(diagnose(id_, "reference.never", Level.WARN, name=name))
        elif age_h > max_age_h:
            found.append(diagnose(id_, "reference.old", Level.WARN, name=name, age=f"{age_h:.1f}"))
        else:
            found.append(diagnose(id_, "reference.ok", Level.OK, name=name, age=f"{age_h:.1f}"))
    return tuple(found)


def decoder_health(names: tuple[str, ...], missing: Mapping[str, str]) -> tuple[Diagnosis, ...]:
    """The engines that read codes; `missing` gives each absent one's remedy."""
    gone = tuple(
        diagnose(f"decoders.{name}", "decoders.missing", Level.WARN, names=name, remedy=remedy)
        for name, remedy in missing.items()
    )
    if not names:
        return tuple(
            Diagnosis(each.id, Level.FAIL, each.zh, each.en, each.remedy_zh, each.remedy_en)
            for each in gone
        )
    return (diagnose("decoders", "decoders.ok", Level.OK, names=", ".join(names)), *gone)
