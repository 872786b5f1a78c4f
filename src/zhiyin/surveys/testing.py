"""For tests: a questionnaire like the hotline's."""

import tomllib
from datetime import UTC, datetime

from zhiyin.people.access import Viewer
from zhiyin.surveys.actions import Published, publish_file

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # Friday, 10:00 in Shanghai
SYSTEM = Viewer.system("test")
SURVEY = """
[[scale]]
key = "ten"
low = 0
high = 10
low_label = { zh-hans = "非常不满意", en = "Very poor" }
high_label = { zh-hans = "非常满意", en = "Excellent" }

[[survey]]
key = "call"
name = { zh-hans = "热线服务评价", en = "Hotline service" }
masthead = { zh-hans = "{organisation}服务热线", en = "{organisation} hotline" }
greeting = { zh-hans = "刚才那通电话，您觉得怎么样？", en = "How was the call you just had?" }
comment = { shown = "low", longest = 2000 }

[[survey.question]]
key = "overall"
title = { zh-hans = "总体满意度", en = "Overall" }
scale = "ten"

[[survey.question]]
key = "attitude"
title = { zh-hans = "服务态度", en = "Attitude" }
scale = "ten"
dimension = "behavior"

[[survey.question]]
key = "ability"
title = { zh-hans = "业务能力", en = "Competence" }
scale = "ten"
required = false

[[survey.question]]
key = "resolution"
title = { zh-hans = "问题解决", en = "Problem solved" }
scale = "ten"
required = false

[[survey.question]]
key = "speed"
title = { zh-hans = "响应速度", en = "Speed" }
scale = "ten"
required = false

[[survey.question]]
key = "recommendation"
title = { zh-hans = "业务推荐合理性", en = "Suitable recommendation" }
scale = "ten"
required = false

[survey.follow_up]
low_to = 6
[[survey.follow_up.reason]]
key = "rude"
text = { zh-hans = "态度不耐烦", en = "Impatient manner" }
[[survey.follow_up.reason]]
key = "slow"
text = { zh-hans = "等太久", en = "Waited too long" }
"""


def publish(text: str = SURVEY, *, now: datetime = NOW) -> Published:
    """Publish the first survey of a file."""
    return publish_file(tomllib.loads(text), by=SYSTEM, now=now)[0]
