"""What `specimen-edge face` says about a photograph or an enrolment, in both languages."""

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


def words(refused: Refused) -> str:
    """One reason on one line."""
    chinese, english = _WORDS[refused.reason]
    other = "" if refused.other is None else f" ({refused.other})"
    return f"{chinese} / {english}{other}"
