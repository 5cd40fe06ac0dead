"""What a teacher is told: one plain Chinese sentence for every reason a second was not credited."""

#: Reason code → why, for the evidence and the support desk.
WHY = {
    "too_fast": "上报的播放时长超过了实际经过的时间，超出部分不计入。请用正常速度观看。",
    "gap": "与服务器失去联系的时间过长，超出允许范围的部分无法核实，不计入。",
    "hidden": "播放窗口在后台，未计入。请保持学习页面在前台。",
    "skipped": "本课程首次观看不能跳着看，拖动越过的部分不计入。请从未看完处继续。",
    "repeat": "这部分以前已经计入过，重复观看不再累计。",
    "day_cap": "今天计入的学习时间已达到本项目的每日上限，明天可继续学习。",
    "idle": "在场确认没有按时回答，确认之后播放的时间不计入。",
    "closed": "现在不在项目的学习时间内，观看不计入学时。",
    "displaced": "您的学习已由另一台设备或新的登录接替，这里的播放不计入。",
    "ended": "这次学习已经结束，之后的播放不计入。请重新打开课程。",
}
#: What else a reply may have to say.
ANSWERS = {
    "late_answer": "确认超过了时限，等待期间播放的时间没有计入。请再确认一次，之后的学习照常计入。",
    "wrong_answer": "数字不对，请看清图片再输入一次。",
}
#: A digits answer has four digits; a tap has none.
CHALLENGES = {"tap": "请点击确认，您正在学习。", "digits": "请输入图片中的四位数字，确认您正在学习。"}


def message(reason: str, next_challenge: str) -> str:
    """The sentence of a beat reply: why something was withheld, or what is asked of the teacher; empty when neither."""
    if reason:
        return ANSWERS.get(reason) or WHY[reason]
    return CHALLENGES.get(next_challenge, "")
