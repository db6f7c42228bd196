"""The fact sheet of the impact assessment in words: what the running configuration does (PIPL 55).

It states facts; whether they are proportionate is for the operator to judge and to sign.
"""

from edge.core.face_facts import FILING_PEOPLE, FaceFacts
from edge.core.liveness import Means
from edge.core.moments import CHINA
from edge.host.pdf import SheetSection

Words = dict[str, str]

_ZH: Words = {
    "title": "人脸识别个人信息保护影响评估 · 事实表",
    "foot": "本表由设备按当前运行配置生成，只列事实与计数，不含任何个人信息。"
    "评估结论由处理者作出并签署，报告至少保存三年。",
    "purpose": "目的与必要性",
    "what": "处理目的",
    "what_v": "送样人到收样台送检时，核对是否为已登记的送样人",
    "scope": "比对范围",
    "scope_v": "仅与本工程已授权送样人的特征比对；1:N 只作提名，1:1 决定",
    "other": "其他方式",
    "other_v": "查验证件并由第二名工作人员确认，效力相同；两次不通过自动转入，随时可选",
    "data": "个人信息与保存",
    "kept": "保存内容",
    "kept_v": "由 3 至 5 张照片计算的特征数值，照片用后即弃；AES-256-GCM 加密，密钥不在数据库内",
    "place": "保存地点",
    "place_v": "本设备内独立数据库，不经网络传出；传出的只有结论、分数、阈值、算法编号、活体结论",
    "days": "保存期限",
    "days_v": "{days} 天，到期自动停用并删除",
    "crops": "核验抓拍",
    "crops_off": "不保存",
    "crops_on": "经单独开启，加密保存 {days} 天后自动删除",
    "consent": "单独同意书",
    "minors": "未满十四周岁",
    "minors_v": "不登记",
    "counts": "人数",
    "people": "已登记人数",
    "filing": "备案门槛",
    "filing_no": "{limit} 人，未达到",
    "filing_yes": "{limit} 人，已达到：须在 30 个工作日内备案",
    "renew": "即将到期",
    "others": "其他算法的特征",
    "others_v": "{n} 人，须重新登记后才能使用",
    "withdrawn": "已撤回或到期删除",
    "engine": "算法与准确率",
    "id": "算法编号",
    "population": "标定人群",
    "threshold": "阈值",
    "one": "1 张照片登记",
    "three": "3 张照片登记",
    "rates": "误识率 {fmr}，拒识率 {fnmr}（在未参与标定的人员上实测）",
    "unknown": "阈值为手工设定，未实测",
    "named": "陌生人被提名的概率",
    "live": "防伪",
    "means": "活体检测",
    "none": "未检测，事件中注明",
    "network": "两个神经网络检测照片与屏幕；任一拒绝信号优先于相似度",
    "challenge": "转头与眨眼，次序随机；未完成不算通过",
    "uncovered": "未覆盖的攻击",
    "lockout": "连续失败",
    "lockout_v": "{n} 次后人脸核验暂停 {s} 秒，改用证件核验",
    "print": "照片",
    "screen": "屏幕",
    "video": "视频回放",
    "mask": "面具",
    "station": "设备",
    "made": "生成时间",
    "state": "人脸核验",
    "on": "已启用",
    "off": "未启用",
}
_EN: Words = {
    "title": "Face recognition impact assessment: fact sheet",
    "foot": "Made by the device from its running configuration: facts and counts, no personal data."
    " The controller judges and signs; the report is kept for three years at least.",
    "purpose": "Purpose and necessity",
    "what": "Purpose",
    "what_v": "to check at the receiving desk whether a deliverer is a registered one",
    "scope": "Compared with",
    "scope_v": "only the deliverers granted for this project; 1:N proposes, 1:1 decides",
    "other": "Other way",
    "other_v": "the document, confirmed by a second staff member, with equal effect; at any time,"
    " and by itself after two failures",
    "data": "Data and storage",
    "kept": "Kept",
    "kept_v": "numbers computed from 3 to 5 photographs, which are not kept; AES-256-GCM, the key"
    " lies outside the database",
    "place": "Where",
    "place_v": "a database of its own in this device; only verdict, score, threshold, engine id and"
    " the word on liveness leave it",
    "days": "How long",
    "days_v": "{days} days, then disabled and erased by itself",
    "crops": "Pictures of checks",
    "crops_off": "not kept",
    "crops_on": "switched on separately: kept encrypted for {days} days, then erased",
    "consent": "Separate consent",
    "minors": "Under fourteen",
    "minors_v": "not enrolled",
    "counts": "People",
    "people": "Enrolled",
    "filing": "Filing threshold",
    "filing_no": "{limit} people, not reached",
    "filing_yes": "{limit} people, reached: file within 30 working days",
    "renew": "End soon",
    "others": "Of another engine",
    "others_v": "{n} people, to be enrolled again before use",
    "withdrawn": "Erased so far",
    "engine": "Engine and accuracy",
    "id": "Engine id",
    "population": "Calibrated on",
    "threshold": "Threshold",
    "one": "One photograph",
    "three": "Three photographs",
    "rates": "false match {fmr}, false non-match {fnmr} (measured on people not used to calibrate)",
    "unknown": "threshold set by hand, never measured",
    "named": "Stranger is proposed",
    "live": "Attacks",
    "means": "Liveness",
    "none": "not checked; every event says so",
    "network": "two networks look for prints and screens; one denial outweighs any likeness",
    "challenge": "turn and blink in random order; unfinished is not passed",
    "uncovered": "Not covered",
    "lockout": "Failures in a row",
    "lockout_v": "after {n} the face check rests for {s} s; the document is used instead",
    "print": "print",
    "screen": "screen",
    "video": "video replay",
    "mask": "mask",
    "station": "Station",
    "made": "Made at",
    "state": "Face check",
    "on": "on",
    "off": "off",
}
LANGUAGES = {"zh_CN": _ZH, "en": _EN}


def sheet_of(facts: FaceFacts, language: str) -> tuple[str, tuple[SheetSection, ...], str]:
    """Title, sections and foot of the fact sheet in `zh_CN` or `en`."""
    t = LANGUAGES[language]
    head = SheetSection(
        f"{t['station']} {facts.station}",
        (
            (t["made"], facts.at.astimezone(CHINA).isoformat(timespec="minutes")),
            (t["state"], t["on"] if facts.enabled else t["off"]),
        ),
    )
    sections = (head, _purpose(t), _data(t, facts), _counts(t, facts), _engine(t, facts))
    return t["title"], (*sections, _attacks(t, facts)), t["foot"]


def _purpose(t: Words) -> SheetSection:
    rows = tuple((t[key], t[f"{key}_v"]) for key in ("what", "scope", "other"))
    return SheetSection(t["purpose"], rows)


def _data(t: Words, facts: FaceFacts) -> SheetSection:
    crops = t["crops_off"]
    if facts.audit_days is not None:
        crops = t["crops_on"].format(days=facts.audit_days)
    return SheetSection(
        t["data"],
        (
            (t["kept"], t["kept_v"]),
            (t["place"], t["place_v"]),
            (t["days"], t["days_v"].format(days=facts.valid_days)),
            (t["crops"], crops),
            (t["consent"], f"{facts.consent_version}\nsha256 {facts.consent_sha256}"),
            (t["minors"], t["minors_v"]),
        ),
    )


def _counts(t: Words, facts: FaceFacts) -> SheetSection:
    filing = t["filing_yes" if facts.filing_due else "filing_no"].format(limit=FILING_PEOPLE)
    return SheetSection(
        t["counts"],
        (
            (t["people"], str(facts.people)),
            (t["filing"], filing),
            (t["renew"], str(facts.renew)),
            (t["others"], t["others_v"].format(n=facts.other_engines)),
            (t["withdrawn"], str(facts.withdrawn)),
        ),
    )


def _engine(t: Words, facts: FaceFacts) -> SheetSection:
    rows = [
        (t["id"], facts.engine),
        (t["population"], facts.population),
        (t["threshold"], f"{facts.threshold:g}"),
    ]
    rates = facts.expected
    if rates is None:
        rows.append((t["one"], t["unknown"]))
    else:
        one = t["rates"].format(fmr=f"{rates.fmr:.3%}", fnmr=f"{rates.fnmr:.1%}")
        three = t["rates"].format(fmr=f"{rates.fmr_three:.3%}", fnmr=f"{rates.fnmr_three:.1%}")
        rows += [(t["one"], one), (t["three"], three)]
    if facts.strangers_named is not None:
        rows.append((t["named"], f"1:{facts.people} · {facts.strangers_named:.2%}"))
    return SheetSection(t["engine"], tuple(rows))


def _attacks(t: Words, facts: FaceFacts) -> SheetSection:
    means = {Means.NONE: "none", Means.NETWORK: "network", Means.CHALLENGE: "challenge"}
    lockout = t["lockout_v"].format(n=facts.lockout_after, s=f"{facts.lockout_s:g}")
    return SheetSection(
        t["live"],
        (
            (t["means"], t[means[facts.means]]),
            (t["uncovered"], ", ".join(t[each] for each in facts.not_covered)),
            (t["lockout"], lockout),
        ),
    )
