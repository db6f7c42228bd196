"""Problems that a human must mend: what is wrong and the remedy, in Chinese and in English."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One wrong setting: dotted field, the value found, where it was set, and what to do."""

    field: str
    value: str
    zh: str
    en: str
    remedy_zh: str
    remedy_en: str
    source: str = ""


_GIVE_ZH = "请改为 {expected}。"
_GIVE_EN = "Give {expected}."
_TEXTS: dict[str, tuple[str, str, str, str]] = {
    "missing": (
        "缺少必填项",
        "is required and not set",
        "请在配置文件中写入 {field}，或设置环境变量 {variable}。",
        "Write {field} into the configuration file or set {variable}.",
    ),
    "unknown": (
        "没有这个设置项",
        "is no setting",
        "请删去{near_zh}。",
        "Remove it{near_en}.",
    ),
    "secret": (
        "设置中不存放口令或密钥",
        "would keep a secret in the settings",
        "请把内容存入权限为 0600 的文件，并在设置中写文件路径{near_zh}。",
        "Put it into a file of mode 0600 and name the file{near_en}.",
    ),
    "not_whole": ("不是整数", "is not a whole number", "请写整数。", "Write a whole number."),
    "not_number": ("不是数字", "is not a number", "请写数字。", "Write a number."),
    "not_switch": (
        "不是开关值",
        "is neither true nor false",
        "请写 true 或 false。",
        "Write true or false.",
    ),
    "not_text": ("不是文字", "is not text", "请写成带引号的文字。", "Write it as quoted text."),
    "not_path": (
        "不是文件路径",
        "is not a path",
        "请写成带引号的路径。",
        "Write it as a quoted path.",
    ),
    "not_date": (
        "不是日期",
        "is not a date",
        "请写成 2026-05-31，不加引号。",
        "Write it as 2026-05-31, without quotes.",
    ),
    "bad_layout": (
        "不是可用的养护室布置文件：{reason}",
        "is no usable plan of a curing room: {reason}",
        "请按 docs/door.md 的样例改正 room 与 [[racks]]。",
        "Mend room and [[racks]] after the sample in docs/door.md.",
    ),
    "not_list": ("不是列表", "is not a list", "请写成列表 [ … ]。", "Write it as a list [ … ]."),
    "not_section": (
        "应为一个小节",
        "must be a section",
        "请写成小节 [{field}]。",
        "Write it as a section [{field}].",
    ),
    "empty": (
        "不能为空",
        "must not be empty",
        "请填写内容，或删去此项。",
        "Fill it in or remove it.",
    ),
    "too_long": (
        "文字过长",
        "is too long",
        "最多 {expected} 个字符。",
        "Use at most {expected} characters.",
    ),
    "out_of_range": ("超出允许范围", "is out of range", _GIVE_ZH, _GIVE_EN),
    "not_listed": ("不是允许的值", "is none of the allowed values", _GIVE_ZH, _GIVE_EN),
    "bad_id": (
        "不是合法编号",
        "is no valid id",
        "只用小写字母、数字和连字符，最多 48 个字符，例如 nanchang。",
        "Use lower-case letters, digits and hyphens only, at most 48, e.g. nanchang.",
    ),
    "bad_pattern": (
        "不是可用的正则表达式：{reason}",
        "is no usable regular expression: {reason}",
        "请改正表达式；编号须在名为 id 的组中，例如 (?P<id>[0-9]{{8}})。",
        "Mend it; the identity must stand in a group called id, e.g. (?P<id>[0-9]{{8}}).",
    ),
    "bad_port": (
        "不是可用的串口路径",
        "is no usable path of a serial port",
        "请写以 / 开头、不含空格的路径，例如 /dev/serial/by-path/ 下的链接。",
        "Write a path from / on without spaces, e.g. a link below /dev/serial/by-path.",
    ),
    "half_pair": (
        "证书与私钥须成对设置",
        "is half of a pair: certificate and private key belong together",
        "请同时设置 cert 与 key，或都不设置。",
        "Set both cert and key, or neither.",
    ),
    "plain_link": (
        "不加密的连接只准用于本机",
        "would be reached without TLS, and is not this machine",
        "请设置小节 [broker.tls]（ca、cert、key）；确需明文时设置 broker.allow_plain = true。",
        "Set the section [broker.tls] (ca, cert, key); or, knowingly, broker.allow_plain = true.",
    ),
    "bad_database": (
        "不是可用的 PostgreSQL 地址，或其中写有口令",
        "is no usable PostgreSQL address, or holds a password",
        "请写 postgresql://用户@主机/库名；口令存入 0600 文件，路径写入 database_password_file。",
        "Write postgresql://user@host/name; a password in a file: database_password_file.",
    ),
    "bad_address": (
        "不是可用的地址",
        "is no usable address",
        "请写成 主机:端口，例如 broker-2.example:8883。",
        "Write host:port, e.g. broker-2.example:8883.",
    ),
    "bad_shard": (
        "不是可用的分片",
        "is no part of a city",
        "请写成 第几片/共几片，例如 1/3。",
        "Write which part of how many, e.g. 1/3.",
    ),
    "two_shares": (
        "不能与 central.labs 同时设置",
        "cannot stand beside central.labs",
        "请只保留其中一项。",
        "Keep one of the two.",
    ),
    "plain_api": (
        "不加密的查询接口只准用于本机",
        "would answer without TLS to other machines",
        "请改为 127.0.0.1 并在前面加 TLS 反向代理；确需明文时设置 central.api.allow_plain = true。",
        "Use 127.0.0.1 behind a proxy with TLS; or, knowingly, central.api.allow_plain = true.",
    ),
    "same_name": (
        "有重复的名称",
        "holds a name twice",
        "请给每一项起不同的名称。",
        "Give each entry a name of its own.",
    ),
    "no_file": (
        "找不到配置文件",
        "configuration file does not exist",
        "请检查 --config 的路径。",
        "Check the path after --config.",
    ),
    "unreadable": (
        "无法读取配置文件：{reason}",
        "configuration file cannot be read: {reason}",
        "请检查文件权限与所属组。",
        "Check the file's mode and group.",
    ),
    "not_toml": (
        "配置文件不是合法的 TOML：{reason}",
        "configuration file is not TOML: {reason}",
        "请改正该行；文字须加引号。",
        "Mend that line; text needs quotes.",
    ),
    "not_json": (
        "环境变量的值不是合法的 JSON",
        "environment variable is not JSON",
        "请写成 JSON，或改用配置文件。",
        "Write it as JSON, or use the configuration file.",
    ),
    "other": (
        "不合要求：{reason}",
        "does not fit: {reason}",
        "请参照手册改正。",
        "Mend it after the manual.",
    ),
}


def setting_problem(
    kind: str, field: str, *, value: str = "", source: str = "", **facts: str
) -> Problem:
    """The problem of a kind with its texts filled in; an unknown kind reads as `other`."""
    words = {"field": field, "expected": "", "near_zh": "", "near_en": "", "reason": kind} | facts
    words.setdefault("variable", "EDGE_" + field.upper().replace(".", "__"))
    zh, en, remedy_zh, remedy_en = (
        text.format_map(words) for text in _TEXTS.get(kind, _TEXTS["other"])
    )
    return Problem(
        field=field,
        value=value,
        zh=zh,
        en=en,
        remedy_zh=remedy_zh,
        remedy_en=remedy_en,
        source=source,
    )


def render_problems(problems: tuple[Problem, ...]) -> str:
    """All problems for a person, Chinese first, two lines of each language."""
    lines = [f"设置有 {len(problems)} 处错误 / {len(problems)} wrong settings"]
    for number, problem in enumerate(problems, 1):
        found = f" = {problem.value}" if problem.value else ""
        source = f"（{problem.source}）" if problem.source else ""
        lines += [
            f"{number}. {problem.field}{found}{source}",
            f"   {problem.zh}。{problem.remedy_zh}",
            f"   {problem.field} {problem.en}. {problem.remedy_en}",
        ]
    return "\n".join(lines)
