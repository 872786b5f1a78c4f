"""What is wrong with a file of events: the row, the field, and a sentence that says what to do."""

from zhiyin.lib.text import Text, both, pick
from zhiyin.outreach.simulate import scanning

SENTENCES = {
    scanning.FEW: both("这一行缺少字段", "the row has too few fields"),
    scanning.MANY: both("这一行多出了字段", "the row has too many fields"),
    scanning.EMPTY: both("没有填写", "the value is missing"),
    scanning.QUOTE: both("引号没有成对，或字段内换了行", "a quote is not closed on its line, or stands inside a value"),
    scanning.CONTROL: both("含有控制字符", "the value holds a control character"),
    scanning.SPACE: both("开头或结尾有空格", "the value begins or ends with a space"),
    scanning.TIME: both(
        "不是有效的时间，应写成 2026-11-22T10:00:00+08:00", "not a time such as 2026-11-22T10:00:00+08:00"
    ),
    scanning.OFFSET: both(
        "时间没有时区偏移，应写成 2026-11-22T10:00:00+08:00",
        "the time has no offset; write it as 2026-11-22T10:00:00+08:00",
    ),
    scanning.YEAR: both("年份应在 2000 到 2100 之间", "the year must be 2000 to 2100"),
}


class EventsInvalid(ValueError):
    """The file cannot be replayed. ``row`` is the line of the file, the header being 1."""

    def __init__(self, sentence: Text, *, row: int, field: str = "", got: str = "") -> None:
        self.sentence, self.row, self.field, self.got = sentence, row, field, got
        super().__init__(self.line("en"))

    def line(self, language: str) -> str:
        """Everything on one line, to stand behind the name of the file."""
        said = pick(self.sentence, language)
        got = f" ({self.got})" if self.got else ""
        if language == "en":
            return f"row {self.row}{self.field and ', '}{self.field}: {said}{got}."
        return f"第 {self.row} 行{self.field and ' '}{self.field}：{said}{got}。"
