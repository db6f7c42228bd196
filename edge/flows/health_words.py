"""What a diagnosis says, in Chinese and in English, and the way to mend it."""

from collections.abc import Mapping
from types import MappingProxyType

Words = tuple[str, str, str, str]

WORDS: Mapping[str, Words] = MappingProxyType(
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
        "key.pending": (
            "密钥更换未完成：{key_id} 已公告，尚未启用",
            "A change of keys is not finished: {key_id} was announced and is not in place",
            "请重启收样进程，启动时会完成更换：systemctl restart specimen-edge-kiosk",
            "Restart capture, which finishes it: systemctl restart specimen-edge-kiosk",
        ),
        "pinned.ok": ("公钥清单有 {count} 个密钥", "{count} keys are pinned", "", ""),
        "pinned.bad": (
            "公钥清单 {path} 不可用：{why}",
            "The pinned keys {path} cannot be used: {why}",
            "请从平台取得新的 keys.json。",
            "Get a new keys.json from the platform.",
        ),
        "pinned.no_control": (
            "公钥清单 {path} 中没有平台的控制公钥",
            "The pinned keys {path} hold no control key of the platform",
            "请从平台取得新的 keys.json。",
            "Get a new keys.json from the platform.",
        ),
        "broker.ok": ("消息服务器 {address} 已应答", "The broker {address} answers", "", ""),
        "broker.name": (
            "找不到消息服务器 {address} 的地址：{why}",
            "The name of the broker {address} is unknown: {why}",
            "请检查 broker.host 与域名服务：resolvectl query 主机名",
            "Check broker.host and the name service: resolvectl query HOST",
        ),
        "broker.refused": (
            "{address} 没有消息服务在监听",
            "Nothing listens at {address}",
            "请检查 broker.port；若消息服务器由本单位管理，请启动它。",
            "Check broker.port; start the broker if it is yours.",
        ),
        "broker.silent": (
            "消息服务器 {address} 没有应答",
            "The broker {address} does not answer",
            "请检查网线、网关与防火墙；事件保存在本机，联网后补传。",
            "Check cable, gateway and firewall; events are kept here and sent later.",
        ),
        "broker.no_route": (
            "到消息服务器 {address} 没有通路：{why}",
            "There is no way to the broker {address}: {why}",
            "请检查网线、网关与防火墙；事件保存在本机，联网后补传。",
            "Check cable, gateway and firewall; events are kept here and sent later.",
        ),
        "broker.tls_files": (
            "加密连接的证书文件不可用：{why}",
            "The certificate files of the link cannot be used: {why}",
            "请检查 broker.tls 中的 ca、cert、key 是否存在、可读、成对。",
            "Check that ca, cert and key of broker.tls exist, can be read and belong together.",
        ),
        "broker.not_tls": (
            "{address} 不使用加密连接：{why}",
            "{address} does not speak TLS: {why}",
            "请检查 broker.port；加密端口通常是 8883。",
            "Check broker.port; the encrypted one is usually 8883.",
        ),
        "broker.untrusted": (
            "消息服务器 {address} 的证书不受信任：{why}",
            "The certificate of the broker {address} is not trusted: {why}",
            "请向平台索取正确的 ca 文件；不要关闭验证。",
            "Get the right ca file from the platform; never switch the check off.",
        ),
        "broker.wrong_host": (
            "消息服务器的证书与 {address} 不符：{why}",
            "The broker's certificate is not for {address}: {why}",
            "请把 broker.host 改为证书中的名称。",
            "Set broker.host to the name that the certificate gives.",
        ),
        "broker.expired": (
            "消息服务器 {address} 的证书已过期",
            "The certificate of the broker {address} has expired",
            "请先核对本机时钟，再通知平台更换证书。",
            "Check this machine's clock first, then tell the platform.",
        ),
        "broker.not_yet_valid": (
            "消息服务器 {address} 的证书尚未生效",
            "The certificate of the broker {address} is not valid yet",
            "本机时钟可能落后：timedatectl",
            "This machine's clock is probably behind: timedatectl",
        ),
        "broker.rejected": (
            "消息服务器 {address} 拒绝本站：{why}",
            "The broker {address} refuses this station: {why}",
            "请与平台核对证书、用户名与有效期。",
            "Compare certificate, user name and validity with the platform.",
        ),
        "store.ok": (
            "{path}：纪元 {epoch} 第 {sequence} 条事件，链条完整",
            "{path}: epoch {epoch}, event {sequence}, the chain holds",
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
        "reader.ok": ("读码器 {name}：{place}", "Reader {name}: {place}", "", ""),
        "reader.malformed": (
            "读码器 {name} 的端口写法不对：{place}",
            "The place of reader {name} is no port: {place}",
            "用 `specimen-edge firmware ports` 查看端口，填写固定名称。",
            "`specimen-edge firmware ports` lists ports; take a name that stays.",
        ),
        "reader.unstable": (
            "读码器 {name} 用了会变的名称 {place}",
            "Reader {name} is named by a number that may change: {place}",
            "用 `specimen-edge firmware ports` 查看，改用 /dev/serial/by-path/… 或 udev 名称。",
            "Use /dev/serial/by-path/… or a udev name, see `specimen-edge firmware ports`.",
        ),
        "reader.absent": (
            "读码器 {name} 不在：{place}",
            "Reader {name} is not there: {place}",
            "请插好读码器；插上后自动恢复。",
            "Plug it in; it comes back by itself.",
        ),
        "reader.denied": (
            "无权使用读码器 {name}：{place}",
            "Reader {name} may not be used: {place}",
            "把运行用户加入 dialout 组，然后重新启动。",
            "Put the running user into the group dialout and start anew.",
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
"""By kind: what is so (zh, en), and the remedy (zh, en), empty when all is well."""
