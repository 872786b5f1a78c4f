"""What a questionnaire says where its file leaves it open: written anew, neutral, never begging for a score (S0.18)."""

from zhiyin.lib.text import Text, both
from zhiyin.surveys.rules.questionnaire import CallMe, Comment, Message, Notice, OptOut, Shown, Thanks, Unavailable

OWN = ("default",)
LONGEST_COMMENT = 2000

COMMENT = Comment(title=both("想对我们说", "Anything to add"), longest=1000, shown=Shown.LOW, source=OWN)
CALL_ME = CallMe(label=both("请联系我解决", "Please contact me about this"), shown=Shown.LOW, source=OWN)
REASONS_TITLE = both("抱歉没做好，主要是哪里？可多选", "Sorry we fell short. Where? Choose any")
THANKS = Thanks(
    title=both("收到了，谢谢您", "Received, thank you"),
    body=both("您的回答会用来改进服务。", "Your answers are used to improve the service."),
    source=OWN,
)
# The promises are the clocks of the five steps: contact in 30 minutes, a call back after 1–2 days.
THANKS_LOW = Thanks(
    title=both("收到了，谢谢您直说", "Received, thank you for being frank"),
    body=both("这件事没办好，我们向您道歉。", "We did not do this well, and we are sorry."),
    promises=(
        both("需要联系的，30 分钟内有专人找您", "If you asked us to, somebody contacts you within 30 minutes"),
        both("办完后 1–2 天再回访，由您来确认", "We call back 1–2 days after it is done, and you decide whether it is"),
    ),
    source=("S1.8", "S1.13"),
)
SMS = Message(
    signature=both("【{organisation}】", "[{organisation}]"),
    text=both(
        "请评价刚才的服务，{hours}小时内有效：{link} 拒收请回复R",
        "Please rate our service: {link} (valid {hours} h). Reply R to refuse",
    ),
    source=("S0.32", "default"),
)
EMAIL = Message(
    signature=both("{organisation}请您评价刚才的服务", "{organisation}: how was our service?"),
    text=both(
        "请打开链接评价刚才的服务，大约半分钟：{link} 。链接 {hours} 小时内有效，提交后失效。"
        "不想再收到，可以在页面底部退订。",
        "Please rate the service you just had, it takes half a minute: {link} . The link lives {hours} hours and ends "
        "when you submit. To stop these messages, use the link at the foot of the page.",
    ),
    source=("S0.31", "S0.32", "default"),
)
NOTICE = Notice(
    title=both("为什么问，怎么用", "Why we ask and what we do with it"),
    short=both(
        "回答只用于改进服务，客服看不到您的完整号码。",
        "Answers only improve the service; agents never see your full number.",
    ),
    who=both("由{organisation}向您发出。", "Sent to you by {organisation}."),
    purpose=both(
        "用来了解刚才的服务做得怎么样，没做好的及时补救。",
        "To learn how the service went, and to put right what did not.",
    ),
    what=both("只记录您在本页填写的内容和提交时间。", "We keep what you fill in on this page and when you sent it."),
    how_long=both(
        "保存期限以我们公布的个人信息保护规则为准，到期删除或匿名。",
        "Kept as our privacy notice says, then deleted or anonymised.",
    ),
    refuse=both(
        "可以不填，不影响您使用服务；点「不再接收」即可退订。",
        "You need not answer, your service stays the same; “No more messages” stops them.",
    ),
    source=OWN,
)
UNAVAILABLE = Unavailable(
    title=both("这个链接打不开了", "This link does not open any more"),
    body=both(
        "评价链接 {hours} 小时内有效，提交后也会失效。也可能是链接没有复制完整。",
        "A survey link lives {hours} hours and ends when you submit. It may also have been copied incompletely.",
    ),
    contact_title=both("还有话想说？", "Something left to say?"),
    contact=both(
        "请拨打{organisation}的服务电话，我们照样会处理。",
        "Call the service line of {organisation}; we will look into it all the same.",
    ),
    source=("S0.31", "S0.32", "default"),
)
OPT_OUT = OptOut(
    link=both("不再接收", "No more messages"),
    title=both("不再接收评价邀请？", "No more invitations?"),
    body=both(
        "确认后，{organisation}不再给您发送评价和关怀消息。",
        "After this, {organisation} sends you no more surveys or care messages.",
    ),
    button=both("不再接收", "Stop the messages"),
    done_title=both("已经为您退订", "You will get no more messages"),
    done=both(
        "{organisation}不会再给您发送评价和关怀消息。", "{organisation} sends you no more surveys or care messages."
    ),
    source=OWN,
)


def effort(questions: int) -> Text:
    """How much is asked: about six seconds a question and a few more to read."""
    seconds = 5 * round((questions * 6 + 4) / 5)
    return both(f"{questions} 道题，约 {seconds} 秒", f"{questions} questions, about {seconds} seconds")
