"""What is said about an answer that cannot be taken: to the customer on the page, to a program in the API."""

from zhiyin.lib.faults import Fault
from zhiyin.responses.rules.filling import Wrong

SENTENCES = {
    "required": ("Please answer this one.", "请回答这一题。"),
    "off_scale": ("Please choose one of {low} to {high}.", "请在 {low}–{high} 中选一个。"),
    "one_only": ("Please choose one answer only.", "这一题只能选一个。"),
    "unknown_option": ("Please choose from what is shown.", "请从列出的选项中选。"),
    "unknown_question": ("This questionnaire does not ask that.", "这份问卷没有这一题。"),
    "too_long": ("At most {longest} characters fit; you have {length}.", "最多 {longest} 个字，现在有 {length} 个。"),
    "no_answers": ("There is no answer in it.", "里面没有任何回答。"),
}


def sentence(wrong: Wrong, language: str) -> str:
    """One sentence with the limit in it."""
    return fault_of(wrong).sentence(language)


def fault_of(wrong: Wrong, *, under: str = "") -> Fault:
    """The same as the API tells it, ``under`` the field that held the answers."""
    english, chinese = SENTENCES[wrong.code]
    fault = Fault(wrong.code, wrong.field, english, chinese, wrong.params)
    return fault.under(under) if under else fault
