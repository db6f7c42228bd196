"""What `specimen-edge face` says about a photograph or an enrolment, in both languages."""

from edge.core.errors import DecodeError
from edge.core.faces import Flaw
from edge.flows.enrol import Refusal, Refused

_WORDS: dict[Flaw | Refusal, tuple[str, str]] = {
    Flaw.NO_FACE: ("照片中没有人脸", "no face in the photograph"),
    Flaw.SEVERAL_FACES: ("照片中不止一张人脸", "more than one face in the photograph"),
    Flaw.TOO_SMALL: (
        "人脸太小（两眼距离不足 60 像素），请靠近拍摄",
        "the face is too small: less than 60 pixels from eye to eye; come closer",
    ),
    Flaw.TOO_DARK: ("光线太暗", "the face is too dark"),
    Flaw.TOO_BRIGHT: ("光线太亮", "the face is too bright"),
    Flaw.TURNED: ("请正对镜头", "look straight into the camera"),
    Flaw.NODDED: ("请勿抬头或低头", "do not look up or down"),
    Flaw.BLURRED: ("照片模糊", "the photograph is blurred"),
    Flaw.EYES_CLOSED: ("请睁开眼睛", "the eyes are closed"),
    Flaw.COVERED: (
        "面部有遮挡，请取下口罩、墨镜",
        "the face is covered; take off mask or sunglasses",
    ),
    Flaw.ATTACK: (
        "疑似照片或屏幕翻拍，不予登记",
        "looks like a print or a screen, not a person; not enrolled",
    ),
    Refusal.TOO_FEW: ("照片不足 3 张", "fewer than 3 photographs"),
    Refusal.TOO_MANY: ("照片超过 5 张", "more than 5 photographs"),
    Refusal.NOT_ONE_PERSON: (
        "与其他照片不是同一人",
        "not the same person as in the other photographs",
    ),
    Refusal.TOO_YOUNG: (
        "不满十四周岁，不予登记；请使用证件核验",
        "under the age of fourteen, not enrolled; use the document instead",
    ),
    Refusal.LOOKS_LIKE_ANOTHER: (
        "与另一名已登记人员过于相似，请使用证件核验",
        "too much like another enrolled person; use the document instead",
    ),
}


_ANSWERS: dict[str, tuple[str, str]] = {
    "face_answer_unasked": (
        "本站没有提出过这一请求",
        "an answer to a question that this station has not asked",
    ),
    "face_answer_replayed": ("这一答复已经使用过", "this answer was used before"),
    "face_answer_of_another": ("答复的不是所请求的人员", "of another person than was asked for"),
    "face_answer_expired": ("答复已过期，请重新请求", "expired; ask again"),
    "face_answer_not_yet": (
        "答复的时间晚于本机时间，请检查两端时钟",
        "issued in the future; look at both clocks",
    ),
    "face_answer_lasts_too_long": ("有效期超过七天", "valid for more than seven days"),
    "face_seal_of_another_key": ("不是用本站的密钥加密", "sealed to another key than ours"),
    "face_seal_broken": ("加密内容已损坏或被改动", "the seal is broken"),
    "wrong_station": ("不是发给本站的", "for another station"),
    "signature_bad": ("签名无效", "not signed by the platform's key"),
    "envelope_malformed": ("答复无法读取", "not a readable answer"),
    "wrong_kind": ("不是登记用的答复", "not an answer with photographs"),
    "message_malformed": ("内容无法读取", "the content cannot be read"),
    "value_malformed": ("内容有误", "a value is wrong"),
    "image_unreadable": ("照片无法读取", "a photograph cannot be read"),
    "face_consent_missing": ("没有同意记录", "no record of consent"),
    "face_consent_text_unknown": ("同意书版本与本站不同", "agreed to another text than ours"),
    "face_consent_not_yet": ("同意的时间在将来", "agreed in the future"),
    "face_consent_too_old": (
        "同意已超过三十天，请重新征得同意",
        "agreed more than thirty days ago; ask the person again",
    ),
    "face_consent_outdated": (
        "该人员此后已撤回或重新同意",
        "the person has withdrawn or agreed anew since",
    ),
}


def answer_words(error: DecodeError) -> str:
    """Why an answer of the platform was refused, on one line, with its code."""
    chinese, english = _ANSWERS.get(error.code, ("答复不可用", "the answer cannot be used"))
    return f"{chinese} / {english} ({error})"


def words(refused: Refused) -> str:
    """One reason on one line."""
    chinese, english = _WORDS[refused.reason]
    other = "" if refused.other is None else f" ({refused.other})"
    return f"{chinese} / {english}{other}"
